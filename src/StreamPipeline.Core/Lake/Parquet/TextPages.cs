using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>The three ways to store texts without a dictionary. Source: Encodings.md in apache/parquet-format.</summary>
internal static class TextPages
{
    /// <summary>PLAIN: each length, four bytes, before its bytes.</summary>
    public static void WritePlain(TextSpan page, PooledBytes output)
    {
        for (var i = 0; i < page.Count; i++)
        {
            var value = page[i];
            var to = output.GetSpan(sizeof(int) + value.Length);
            BinaryPrimitives.WriteInt32LittleEndian(to, value.Length);
            value.CopyTo(to[sizeof(int)..]);
            output.Advance(sizeof(int) + value.Length);
        }
    }

    /// <summary>DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes.</summary>
    public static void WriteDeltaLength(TextSpan page, PooledArray<int> lengths, PooledBytes output)
    {
        lengths.Clear();
        var to = lengths.Extend(page.Count);
        for (var i = 0; i < to.Length; i++)
        {
            to[i] = page.Offsets[i + 1] - page.Offsets[i];
        }

        DeltaBinaryPacked.Write(lengths.Span, output);
        var bytes = page.All[page.Offsets[0]..page.Offsets[^1]];
        bytes.CopyTo(output.GetSpan(bytes.Length));
        output.Advance(bytes.Length);
    }

    /// <summary>DELTA_BYTE_ARRAY: how much of the text before each begins with, then the rest as DELTA_LENGTH_BYTE_ARRAY.</summary>
    public static void WriteDelta(TextSpan page, PooledArray<int> lengths, PooledBytes output)
    {
        lengths.Clear();
        var prefixes = lengths.Extend(2 * page.Count);
        var suffixes = prefixes[page.Count..];
        for (var i = 0; i < page.Count; i++)
        {
            prefixes[i] = i == 0 ? 0 : page.Shared(i, i - 1);
        }

        for (var from = 1; from < page.Count; from += DeltaBinaryPacked.Block)
        {
            Even(prefixes.Slice(from, Math.Min(DeltaBinaryPacked.Block, page.Count - from)));
        }

        for (var i = 0; i < page.Count; i++)
        {
            suffixes[i] = page.Bytes(i, 1) - prefixes[i];
        }

        DeltaBinaryPacked.Write(lengths.Span[..page.Count], output);
        DeltaBinaryPacked.Write(lengths.Span[page.Count..], output);
        var at = 0;
        var bytes = output.GetSpan(page.Bytes(0, page.Count) + TextSpan.Slack);
        for (var i = 0; i < page.Count; i++)
        {
            // Mostly a digit or two: eight bytes are written, and the next ones over what was too much.
            var from = page.Offsets[i] + prefixes[i];
            if (suffixes[i] <= sizeof(ulong))
            {
                MemoryMarshal.Write(bytes[at..], MemoryMarshal.Read<ulong>(page.All[from..]));
            }
            else
            {
                page.All.Slice(from, suffixes[i]).CopyTo(bytes[at..]);
            }

            at += suffixes[i];
        }

        output.Advance(at);
    }

    /// <summary>
    /// One prefix for a whole block where that costs a digit or two each: counters then have blocks without differences, and zstd finds their digits
    /// in step. Sequence numbers take a third of the room.
    /// </summary>
    private static void Even(Span<int> prefixes)
    {
        const int BytesMore = 2;
        var least = int.MaxValue;
        long sum = 0;
        foreach (var prefix in prefixes)
        {
            least = Math.Min(least, prefix);
            sum += prefix;
        }

        if (sum - ((long)least * prefixes.Length) <= BytesMore * prefixes.Length)
        {
            prefixes.Fill(least);
        }
    }
}
