using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using System.Text;

namespace StreamPipeline.Core.Decoding.Json;

/// <summary>Finds an object's field by the bytes of its name. Producers keep an order, so the field behind the last one is tried first.</summary>
internal sealed class MemberTable
{
    private readonly byte[][] _names;
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _indexes;

    public MemberTable(IEnumerable<string> names)
    {
        _names = [.. names.Select(Encoding.UTF8.GetBytes)];
        var indexes = new Dictionary<byte[], int>(new BytesComparer());
        for (var i = 0; i < _names.Length; i++)
        {
            indexes.Add(_names[i], i);
        }

        _indexes = indexes.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>-1 when there is no such field.</summary>
    /// <param name="name">Without escapes.</param>
    /// <param name="guess">Index to try first; may be one past the last.</param>
    public int Find(ReadOnlySpan<byte> name, int guess)
    {
        if (guess < _names.Length && name.SequenceEqual(_names[guess]))
        {
            return guess;
        }

        return _indexes.TryGetValue(name, out var index) ? index : -1;
    }

    private sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)XxHash3.HashToUInt64(alternate);

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
