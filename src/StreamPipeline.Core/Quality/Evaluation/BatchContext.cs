using System.Buffers;
using System.Text;

using Apache.Arrow;
using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Quality.Evaluation;

/// <summary>Buffers that outlive a batch, so that judging the next one allocates little. Used by one evaluation at a time.</summary>
internal sealed class Scratch
{
    /// <summary>Occurrences by fingerprint.</summary>
    public Dictionary<UInt128, int> Occurrences { get; } = [];

    public char[] Chars { get; set; } = new char[256];
}

/// <summary>A batch under evaluation: its columns, looked up once, and its clock. Lives for one call, on one thread.</summary>
internal sealed class BatchContext(RecordBatch rows, long nowUs, Scratch scratch, ColumnBuffers? memory)
{
    private readonly Dictionary<ColumnPath, ColumnView> _columns = [];

    public int RowCount => rows.Length;

    /// <summary>What <c>now()</c> is: microseconds since the epoch.</summary>
    public long NowUs => nowUs;

    public Dictionary<UInt128, int> Occurrences => scratch.Occurrences;

    /// <summary>Values on which a backtracking pattern ran out of time; the rule being judged resets it.</summary>
    public int TimedOut { get; set; }

    public ColumnView Column(ColumnPath path)
    {
        if (!_columns.TryGetValue(path, out var view))
        {
            _columns.Add(path, view = path.In(rows, memory));
        }

        return view;
    }

    public static bool[] Rent(int rowCount) => ArrayPool<bool>.Shared.Rent(rowCount);

    public static void Return(bool[] buffer) => ArrayPool<bool>.Shared.Return(buffer);

    /// <summary>The value as UTF-16, valid until the next call.</summary>
    public ReadOnlySpan<char> Decode(ReadOnlySpan<byte> utf8)
    {
        if (scratch.Chars.Length < utf8.Length)
        {
            scratch.Chars = new char[Math.Max(utf8.Length, 2 * scratch.Chars.Length)];
        }

        return scratch.Chars.AsSpan(0, Encoding.UTF8.GetChars(utf8, scratch.Chars));
    }
}
