using System.Text;
using StreamPipeline.Core.Decoding.Json;

namespace StreamPipeline.Core.Tests.Decoding;

public sealed class MemberNamesTests
{
    /// <summary>As many as a document of the size that is allowed can have, within an order of magnitude: what they take is what a hostile one makes the process take.</summary>
    private const int Names = 200_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public unsafe void Very_many_names_are_told_apart_and_take_little_memory(bool inPlace)
    {
        var text = string.Concat(Enumerable.Range(0, Names).Select(i => $"n{i:D7}"));
        fixed (byte* document = Encoding.ASCII.GetBytes(text))
        {
            var names = new MemberNames();
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Names; i++)
            {
                Assert.True(Add(names, document, i, inPlace));
            }

            // 24 for its entry, 8 for its buckets, 8 for a copy of the name; up to twice that, since it grows by doubling, and as much again for what it grew from.
            Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Names, 1, 120);
            for (var i = 0; i < Names; i += 97)
            {
                Assert.False(Add(names, document, i, !inPlace));
            }

            names.Clear();
            Assert.True(Add(names, document, 5, inPlace));
        }
    }

    /// <summary>Names of eight bytes, one behind the other. The hash is poor: what is told apart must not depend on it alone.</summary>
    private static unsafe bool Add(MemberNames names, byte* document, int index, bool inPlace)
    {
        var hash = (ulong)(index / 2) * 0x9E37_79B9_7F4A_7C15;
        var name = document + (index * 8);
        return inPlace ? names.TryAddInPlace(1, name, 8, hash) : names.TryAdd(1, new ReadOnlySpan<byte>(name, 8), hash);
    }
}
