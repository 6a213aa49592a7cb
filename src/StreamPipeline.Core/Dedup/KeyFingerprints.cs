using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using Apache.Arrow;
using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Core.Dedup;

/// <summary>
/// Turns the key of an event into 128 bits: XxHash128, seeded per table, of its typed and length-prefixed values. Two of 10^9 different keys share
/// one with a probability of 10^-21, and the secret seed keeps a producer from making them do so. A shard remembers
/// as much of them as <see cref="SeenSegment.KeptOf"/>. Immutable.
/// </summary>
public sealed class KeyFingerprints
{
    private const int KeysMax = 16;
    private const int HeaderBytes = 1 + sizeof(long);
    private const int KeyBytesUsual = 256;

    private readonly ColumnPath[] _keys;

    private KeyFingerprints(ColumnPath[] keys) => _keys = keys;

    /// <summary>Null when the pipeline does not deduplicate, or when its key has problems.</summary>
    /// <param name="settings">Where <c>dedup.key</c> comes from.</param>
    /// <param name="contractSchema">The contract's columns; batches start with them.</param>
    /// <param name="problems">Gets every problem of the key, each at its place in pipeline.yaml.</param>
    public static KeyFingerprints? Bind(PipelineSettings settings, Schema contractSchema, ProblemList problems)
    {
        if (settings.Dedup is not { } dedup)
        {
            return null;
        }

        if (dedup.Key.Count is 0 or > KeysMax)
        {
            problems.Add(
                settings.Source.At("dedup.key"), $"the deduplication key has {dedup.Key.Count} columns, 1 to {KeysMax} are allowed",
                "name the columns that identify an event");
            return null;
        }

        var keys = new List<ColumnPath>();
        for (var i = 0; i < dedup.Key.Count; i++)
        {
            var at = settings.Source.At(string.Create(CultureInfo.InvariantCulture, $"dedup.key[{i}]"));
            var key = ColumnPath.FindScalar(contractSchema, dedup.Key[i], out var message, out var fix);
            if (key is null)
            {
                problems.Add(at, $"deduplication key: {message}", fix);
            }
            else if (key.Kind == ColumnKind.Number)
            {
                problems.Add(
                    at, $"'{key.Text}' is a number and cannot be a deduplication key: copies may differ in how it is written",
                    "use a string, integer, boolean, date or date-time");
            }
            else if (key.Nullable)
            {
                problems.Add(
                    at, $"'{key.Text}' may be null or absent and cannot be a deduplication key: events without it would count as copies of each other",
                    $"add it, and the objects around it, to 'required' in {settings.ContractFile}, and do not allow null");
            }
            else
            {
                keys.Add(key);
            }
        }

        return keys.Count == dedup.Key.Count ? new KeyFingerprints([.. keys]) : null;
    }

    /// <summary>Computes one fingerprint per row.</summary>
    /// <param name="rows">Starts with the contract's columns.</param>
    /// <param name="seed">The table's own, from its state; the same for all its batches.</param>
    /// <param name="fingerprints">As long as the batch.</param>
    /// <exception cref="ArgumentException">The batch has another schema, or another number of rows.</exception>
    public void Compute(RecordBatch rows, ulong seed, Span<UInt128> fingerprints)
    {
        if (fingerprints.Length != rows.Length)
        {
            throw new ArgumentException($"{rows.Length} rows need as many fingerprints, not {fingerprints.Length}", nameof(fingerprints));
        }

        if (rows.Length > 0)
        {
            Compute(rows, [new RowRun(0, rows.Length)], seed, fingerprints);
        }
    }

    /// <summary>Computes the fingerprints of some rows.</summary>
    /// <param name="rows">Starts with the contract's columns.</param>
    /// <param name="chosen">Which.</param>
    /// <param name="seed">The table's own.</param>
    /// <param name="fingerprints">As long as there are chosen rows.</param>
    internal void Compute(RecordBatch rows, ReadOnlySpan<RowRun> chosen, ulong seed, Span<UInt128> fingerprints)
    {
        var columns = System.Array.ConvertAll(_keys, key => key.In(rows));
        Span<byte> key = stackalloc byte[KeyBytesUsual];
        XxHash128? hash = null;
        foreach (var run in chosen)
        {
            if (columns.Length == 1 && columns[0].Kind == ColumnKind.Text)
            {
                ComputeTexts(columns, run, seed, key, ref hash, fingerprints);
            }
            else
            {
                for (var i = 0; i < run.Count; i++)
                {
                    fingerprints[i] = Compute(columns, run.Start + i, seed, key, ref hash);
                }
            }

            fingerprints = fingerprints[run.Count..];
        }
    }

    /// <summary>As the other for each row, without looking the column up each time.</summary>
    private static void ComputeTexts(ColumnView[] columns, RowRun run, ulong seed, Span<byte> key, ref XxHash128? hash, Span<UInt128> fingerprints)
    {
        var texts = columns[0].Texts;
        key[0] = (byte)ColumnKind.Text;
        for (var i = 0; i < run.Count; i++)
        {
            var text = texts[run.Start + i];
            if (text.TryCopyTo(key[HeaderBytes..]))
            {
                BinaryPrimitives.WriteInt64LittleEndian(key[1..], text.Length);
                fingerprints[i] = XxHash128.HashToUInt128(key[..(HeaderBytes + text.Length)], (long)seed);
            }
            else
            {
                fingerprints[i] = Compute(columns, run.Start + i, seed, key, ref hash);
            }
        }
    }

    private static UInt128 Compute(ColumnView[] columns, int row, ulong seed, Span<byte> key, ref XxHash128? hash)
    {
        var length = 0;
        foreach (var column in columns)
        {
            length = length < 0 ? length : Append(key, length, column, row);
        }

        // Both give the same; a key that lies together is hashed in half the time.
        if (length >= 0)
        {
            return XxHash128.HashToUInt128(key[..length], (long)seed);
        }

        hash ??= new XxHash128((long)seed);
        hash.Reset();
        foreach (var column in columns)
        {
            Append(hash, column, row);
        }

        return hash.GetCurrentHashAsUInt128();
    }

    /// <summary>Writes a value behind the others. Returns the new length, or −1 when there is no room.</summary>
    private static int Append(Span<byte> key, int length, ColumnView column, int row)
    {
        var text = column.Kind == ColumnKind.Text ? column.Texts[row] : default;
        if (key.Length - length < HeaderBytes + text.Length)
        {
            return -1;
        }

        var value = key[length..];
        value[0] = (byte)column.Kind;
        BinaryPrimitives.WriteInt64LittleEndian(value[1..], column.Kind == ColumnKind.Text ? text.Length : Number(column, row));
        text.CopyTo(value[HeaderBytes..]);
        return length + HeaderBytes + text.Length;
    }

    private static long Number(ColumnView column, int row) => column.Kind switch
    {
        ColumnKind.Boolean => column.Bits[row] ? 1 : 0,
        ColumnKind.Date => column.Days[row],
        _ => column.Longs[row],
    };

    /// <summary>The kind, the length, the value: different keys give different bytes.</summary>
    private static void Append(XxHash128 hash, ColumnView column, int row)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        header[0] = (byte)column.Kind;
        if (column.Kind == ColumnKind.Text)
        {
            var text = column.Texts[row];
            BinaryPrimitives.WriteInt64LittleEndian(header[1..], text.Length);
            hash.Append(header);
            hash.Append(text);
            return;
        }

        BinaryPrimitives.WriteInt64LittleEndian(header[1..], Number(column, row));
        hash.Append(header);
    }
}
