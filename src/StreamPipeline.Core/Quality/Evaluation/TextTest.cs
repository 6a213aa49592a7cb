using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Quality.Language;

namespace StreamPipeline.Core.Quality.Evaluation;

/// <summary>Whether a text is one of a set, compared byte by byte.</summary>
/// <param name="values">The set.</param>
/// <param name="empty">The set holds EMPTY: a text of length 0.</param>
/// <param name="whitespacesOnly">The set holds WHITESPACES_ONLY: one or more white space characters (ASCII) and nothing else.</param>
/// <param name="negated">Passes when it is not in the set.</param>
internal sealed class TextTest(IEnumerable<string> values, bool empty, bool whitespacesOnly, bool negated) : ValueTest
{
    private const int LinearMax = 8;

    private static readonly SearchValues<byte> Whitespace = SearchValues.Create(" \t\n\v\f\r"u8);

    private readonly HashSet<byte[]> _set = new(values.Select(Encoding.UTF8.GetBytes), Utf8Comparer.Instance);

    /// <summary>The set, when it is small and of short texts only.</summary>
    private readonly ShortText[]? _few = Few([.. values.Distinct(StringComparer.Ordinal).Select(Encoding.UTF8.GetBytes)]);

    public override void Fill(ColumnView column, BatchContext batch, Span<bool> pass)
    {
        var texts = column.Texts;
        var lookup = _set.GetAlternateLookup<ReadOnlySpan<byte>>();
        for (var row = 0; row < pass.Length; row++)
        {
            var text = texts[row];
            var found = _few is null ? lookup.Contains(text) : IsAmong(_few, text);
            found = found || (text.IsEmpty ? empty : whitespacesOnly && !text.ContainsAnyExcept(Whitespace));
            pass[row] = found != negated;
        }
    }

    private static ShortText[]? Few(byte[][] values) =>
        values.Length <= LinearMax && Array.TrueForAll(values, value => value.Length <= ShortText.BytesMax)
            ? Array.ConvertAll(values, value => ShortText.Of(value))
            : null;

    /// <summary>Compared with all of them: which one it is, is as good as random, and a loop that ended there would cost more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsAmong(ShortText[] few, ReadOnlySpan<byte> text)
    {
        if (text.Length > ShortText.BytesMax)
        {
            return false;
        }

        var words = ShortText.Of(text);
        var found = false;
        foreach (ref readonly var value in few.AsSpan())
        {
            found |= value.Is(words);
        }

        return found;
    }

    private sealed class Utf8Comparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly Utf8Comparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)System.IO.Hashing.XxHash3.HashToUInt64(alternate);

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}

/// <summary>The order of UTF-8 bytes, which is that of code points. For <c>where</c>; DQDL itself does not order texts.</summary>
internal sealed class TextOrderTest(ConditionOperator op, string value) : ValueTest
{
    private readonly byte[] _value = Encoding.UTF8.GetBytes(value);

    public override void Fill(ColumnView column, BatchContext batch, Span<bool> pass)
    {
        var texts = column.Texts;
        for (var row = 0; row < pass.Length; row++)
        {
            pass[row] = Holds(op, texts[row].SequenceCompareTo(_value));
        }
    }

    /// <summary>Whether <c>a op b</c>, given the sign of a compared with b.</summary>
    public static bool Holds(ConditionOperator op, int sign) => op switch
    {
        ConditionOperator.Equal => sign == 0,
        ConditionOperator.NotEqual => sign != 0,
        ConditionOperator.Greater => sign > 0,
        ConditionOperator.GreaterOrEqual => sign >= 0,
        ConditionOperator.Less => sign < 0,
        _ => sign <= 0,
    };
}
