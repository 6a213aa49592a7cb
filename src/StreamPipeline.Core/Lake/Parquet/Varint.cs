namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>Unsigned numbers in groups of seven bits, the lowest first (ULEB128), and signed ones folded into them.</summary>
internal static class Varint
{
    private const int BytesMax = 10;

    public static void Write(ulong value, PooledBytes output)
    {
        var span = output.GetSpan(BytesMax);
        var at = 0;
        while (value >= 0x80)
        {
            span[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[at++] = (byte)value;
        output.Advance(at);
    }

    public static void WriteZigZag(long value, PooledBytes output) => Write((ulong)((value << 1) ^ (value >> 63)), output);
}
