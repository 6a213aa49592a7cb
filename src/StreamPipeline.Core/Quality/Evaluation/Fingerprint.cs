using System.IO.Hashing;
using System.Runtime.InteropServices;
using StreamPipeline.Core.Columns;

namespace StreamPipeline.Core.Quality.Evaluation;

/// <summary>
/// 128-bit fingerprints of column values (XxHash128). Equal values have equal fingerprints: an integer and a double of the same value too. Different ones
/// collide with a probability of about rows² / 2¹²⁹.
/// </summary>
internal static class Fingerprint
{
    private const long TextSeed = 1;
    private const long IntegerSeed = 2;
    private const long RealSeed = 3;
    private const long BooleanSeed = 4;
    private const long InstantSeed = 5;
    private const long RowSeed = 6;

    /// <summary>Of a missing value.</summary>
    public static UInt128 Null => UInt128.Zero;

    public static UInt128 OfText(ReadOnlySpan<byte> utf8) => XxHash128.HashToUInt128(utf8, TextSeed);

    public static UInt128 OfInteger(long value) => Of(value, IntegerSeed);

    public static UInt128 OfReal(double value) =>
        Math.Truncate(value) == value && value is >= -9.2e18 and <= 9.2e18 ? OfInteger((long)value) : Of(BitConverter.DoubleToInt64Bits(value), RealSeed);

    public static UInt128 OfBoolean(bool value) => Of(value ? 1 : 0, BooleanSeed);

    /// <summary>Microseconds since the epoch, so that a date equals the timestamp of its midnight.</summary>
    public static UInt128 OfInstant(long us) => Of(us, InstantSeed);

    /// <summary>Of a row of several columns, from left to right.</summary>
    public static UInt128 Combine(UInt128 left, UInt128 right)
    {
        ReadOnlySpan<UInt128> pair = [left, right];
        return XxHash128.HashToUInt128(MemoryMarshal.AsBytes(pair), RowSeed);
    }

    public static void Fill(BatchContext batch, ColumnPath[] columns, Span<UInt128> fingerprints)
    {
        FillColumn(batch.Column(columns[0]), columns[0].Kind, fingerprints);
        if (columns.Length == 1)
        {
            return;
        }

        var other = new UInt128[fingerprints.Length];
        foreach (var column in columns.AsSpan(1))
        {
            FillColumn(batch.Column(column), column.Kind, other);
            for (var row = 0; row < fingerprints.Length; row++)
            {
                fingerprints[row] = Combine(fingerprints[row], other[row]);
            }
        }
    }

    private static void FillColumn(ColumnView view, ColumnKind kind, Span<UInt128> fingerprints)
    {
        if (kind == ColumnKind.Text)
        {
            // The usual key: its buffers are looked up once instead of once per row.
            var texts = view.Texts;
            for (var row = 0; row < fingerprints.Length; row++)
            {
                fingerprints[row] = view.IsNull(row) ? Null : OfText(texts[row]);
            }

            return;
        }

        for (var row = 0; row < fingerprints.Length; row++)
        {
            fingerprints[row] = view.IsNull(row) ? Null : OfRow(view, kind, row);
        }
    }

    private static UInt128 OfRow(ColumnView view, ColumnKind kind, int row) => kind switch
    {
        ColumnKind.Text => OfText(view.Texts[row]),
        ColumnKind.Integer => OfInteger(view.Longs[row]),
        ColumnKind.Number => OfReal(view.Doubles[row]),
        ColumnKind.Boolean => OfBoolean(view.Bits[row]),
        ColumnKind.Timestamp => OfInstant(view.Longs[row]),
        _ => OfInstant(view.Days[row] * Instant.DayUs),
    };

    private static UInt128 Of(long value, long seed) => XxHash128.HashToUInt128(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in value)), seed);
}
