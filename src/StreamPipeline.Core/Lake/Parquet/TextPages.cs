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
    /// <param name="page">The texts.</param>
    /// <param name="restBytes">What is left of a text at least, if it has as many bytes: <see cref="TextRests"/>.</param>
    /// <param name="lengths">Scratch.</param>
    /// <param name="output">Appended to.</param>
    /// <returns>Whether each text is no less than the one before, which is seen on the way: the first and the last are the page's bounds then.</returns>
    public static bool WriteDelta(TextSpan page, int restBytes, PooledArray<int> lengths, PooledBytes output)
    {
        lengths.Clear();
        var prefixes = lengths.Extend(2 * page.Count);
        var rests = prefixes[page.Count..];
        prefixes = prefixes[..page.Count];
        var isSorted = true;
        for (var i = 0; i < prefixes.Length; i++)
        {
            var bytes = page.Bytes(i, 1);
            var shared = i == 0 ? 0 : page.Shared(i, i - 1);
            prefixes[i] = Math.Min(shared, Math.Max(0, bytes - restBytes));
            rests[i] = bytes - prefixes[i];
            isSorted &= i == 0 || page.Order(i, i - 1, shared) >= 0;
        }

        DeltaBinaryPacked.Write<int>(prefixes, output);
        DeltaBinaryPacked.Write<int>(rests, output);
        var at = 0;
        var to = output.GetSpan(page.Bytes(0, page.Count) + TextSpan.Slack);
        for (var i = 0; i < rests.Length; i++)
        {
            // Mostly a digit or two: eight bytes are written, and the next ones over what was too much.
            var from = page.Offsets[i] + prefixes[i];
            if (rests[i] <= sizeof(ulong))
            {
                MemoryMarshal.Write(to[at..], MemoryMarshal.Read<ulong>(page.All[from..]));
            }
            else
            {
                page.All.Slice(from, rests[i]).CopyTo(to[at..]);
            }

            at += rests[i];
        }

        output.Advance(at);
        return isSorted;
    }
}
