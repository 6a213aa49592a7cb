using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>
/// Small integers as runs: of one value, or bit-packed in groups of eight. For levels and for dictionary codes. Source: Encodings.md in
/// apache/parquet-format, "Run Length Encoding / Bit-Packing Hybrid".
/// </summary>
internal static class RleBitPacked
{
    private const int Group = 8;

    // A run costs up to six bytes and cuts the packed ones, so two groups of one value are not yet worth one.
    private const int RunGroupsMin = 4;

    /// <summary>Bits that hold 0 … <paramref name="max"/>; 0 for 0.</summary>
    public static int WidthOf(int max) => 32 - BitOperations.LeadingZeroCount((uint)max);

    /// <summary>One value over and over.</summary>
    public static void WriteRun(int value, int count, int width, PooledBytes output)
    {
        Varint.Write((ulong)(uint)count << 1, output);
        var bytes = (width + 7) / 8;
        Span<byte> little = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(little, value);
        little[..bytes].CopyTo(output.GetSpan(sizeof(int)));
        output.Advance(bytes);
    }

    /// <param name="values">Each in [0, 2^<paramref name="width"/>).</param>
    /// <param name="width">At most 31; with 0 all values are 0.</param>
    /// <param name="output">Appended to.</param>
    public static void Write(ReadOnlySpan<int> values, int width, PooledBytes output)
    {
        var packedFrom = 0;
        var at = 0;
        while (at < values.Length)
        {
            var run = RunAt(values[at..], width);
            if (run >= RunGroupsMin * Group || (at == packedFrom && at + run == values.Length && run > 0))
            {
                WritePacked(values[packedFrom..at], width, output);
                WriteRun(values[at], run, width, output);
                at += run;
                packedFrom = at;
            }
            else
            {
                // Runs begin at whole groups: a packed stretch before them can end nowhere else.
                at += Math.Max(Group, run / Group * Group);
            }
        }

        WritePacked(values[packedFrom..], width, output);
    }

    /// <summary>How many of the first values are equal; less than a group counts as none unless they are all.</summary>
    private static int RunAt(ReadOnlySpan<int> values, int width)
    {
        if (width == 0)
        {
            return values.Length;
        }

        if (values.Length >= Group && !IsUniform(values))
        {
            return 0;
        }

        var end = values.IndexOfAnyExcept(values[0]);
        return end < 0 ? values.Length : end;
    }

    private static bool IsUniform(ReadOnlySpan<int> values) => Vector256.IsHardwareAccelerated
        ? Vector256.EqualsAll(Vector256.Create(values), Vector256.Create(values[0]))
        : values[..Group].IndexOfAnyExcept(values[0]) < 0;

    private static void WritePacked(ReadOnlySpan<int> values, int width, PooledBytes output)
    {
        if (values.IsEmpty)
        {
            return;
        }

        var groups = (values.Length + Group - 1) / Group;
        Varint.Write(((ulong)groups << 1) | 1, output);
        var whole = values.Length / Group * Group;
        BitPacking.Pack(MemoryMarshal.Cast<int, uint>(values[..whole]), width, output);
        if (whole < values.Length)
        {
            Span<uint> last = stackalloc uint[Group];
            last.Clear();
            MemoryMarshal.Cast<int, uint>(values[whole..]).CopyTo(last);
            BitPacking.Pack(last, width, output);
        }
    }
}
