using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;

namespace StreamPipeline.Core.Dedup;

/// <summary>
/// The fingerprints of one expiry time that a batch added, in the order of its records. Stored as
/// <code>magic "SPSN" | version u8 | 3 × 0 | expires at i64 | XxHash3 u64 of the 16 bytes before and the fingerprints | first 96 bits of the fingerprints, 12 bytes each</code>
/// little-endian, below the key <c>SEEN#expiry (20 digits, microseconds)#attempt#n</c>, so that the live ones are one range of keys. Version 1 had all 128 bits.
/// </summary>
/// <param name="ExpiresAtUs">Microseconds since the epoch, not negative: a key is live for arrivals before it.</param>
/// <param name="Fingerprints">Not empty. Of those that were stored, what <see cref="KeptOf"/> keeps.</param>
public sealed record SeenSegment(long ExpiresAtUs, ReadOnlyMemory<UInt128> Fingerprints)
{
    /// <summary>What the sort keys of all segments start with.</summary>
    public const string SortKeyPrefix = "SEEN#";

    private const int HeaderBytes = 24;
    private const int HashedHeaderBytes = 16;
    private const int FingerprintBytes = 12;
    private const int ExpiryDigits = 20;
    private const byte Version = 2;

    /// <summary>The version whose fingerprints were whole, and their bytes.</summary>
    private const byte WholeVersion = 1;
    private const int WholeBytes = 16;

    private const int DroppedBits = 32;

    /// <summary>
    /// What is remembered of a fingerprint: its first 96 bits. Among 10^8 keys, the most that a set remembers, a new one looks like one of them with a probability of
    /// 10^-21; each byte more would be written, paid and held for every event.
    /// </summary>
    public static UInt128 KeptOf(UInt128 fingerprint) => fingerprint >> DroppedBits << DroppedBits;

    /// <summary>Groups what a batch added by expiry time, ascending; within one the order stays.</summary>
    /// <param name="fingerprints">In sequence order.</param>
    /// <param name="expiresAtUs">One per fingerprint.</param>
    public static IReadOnlyList<SeenSegment> Group(ReadOnlySpan<UInt128> fingerprints, ReadOnlySpan<long> expiresAtUs)
    {
        if (fingerprints.Length != expiresAtUs.Length)
        {
            throw new ArgumentException($"{fingerprints.Length} fingerprints have {expiresAtUs.Length} expiry times", nameof(expiresAtUs));
        }

        var groups = new SortedDictionary<long, List<UInt128>>();
        for (var i = 0; i < fingerprints.Length;)
        {
            // Neighbours mostly share their expiry time.
            var differs = expiresAtUs[i..].IndexOfAnyExcept(expiresAtUs[i]);
            var run = fingerprints.Slice(i, differs < 0 ? fingerprints.Length - i : differs);
            if (!groups.TryGetValue(expiresAtUs[i], out var group))
            {
                groups.Add(expiresAtUs[i], group = new List<UInt128>(run.Length));
            }

            group.AddRange(run);
            i += run.Length;
        }

        return [.. groups.Select(group => new SeenSegment(group.Key, group.Value.ToArray()))];
    }

    /// <summary>The segment as self-contained parts of at most <paramref name="partBytesMax"/> bytes, at least 36.</summary>
    public IReadOnlyList<byte[]> Encode(int partBytesMax)
    {
        var parts = new List<byte[]>();
        Encode(partBytesMax, bytes =>
        {
            parts.Add(GC.AllocateUninitializedArray<byte>(bytes));
            return parts[^1];
        });
        return parts;
    }

    /// <summary>As the other, into memory that is asked for.</summary>
    /// <param name="partBytesMax">At least 36.</param>
    /// <param name="take">Gives memory of exactly so many bytes for the next part.</param>
    internal void Encode(int partBytesMax, Func<int, Memory<byte>> take)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(partBytesMax, HeaderBytes + FingerprintBytes);
        var perPart = (partBytesMax - HeaderBytes) / FingerprintBytes;
        for (var first = 0; first < Fingerprints.Length; first += perPart)
        {
            var fingerprints = Fingerprints.Span[first..Math.Min(first + perPart, Fingerprints.Length)];
            var part = take(HeaderBytes + (fingerprints.Length * FingerprintBytes)).Span;
            part[..HeaderBytes].Clear();
            "SPSN"u8.CopyTo(part);
            part[4] = Version;
            BinaryPrimitives.WriteInt64LittleEndian(part[8..], ExpiresAtUs);
            for (var i = 0; i < fingerprints.Length; i++)
            {
                var kept = fingerprints[i] >> DroppedBits;
                var at = part.Slice(HeaderBytes + (i * FingerprintBytes), FingerprintBytes);
                BinaryPrimitives.WriteUInt64LittleEndian(at, (ulong)kept);
                BinaryPrimitives.WriteUInt32LittleEndian(at[sizeof(ulong)..], (uint)(kept >> 64));
            }

            BinaryPrimitives.WriteUInt64LittleEndian(part[HashedHeaderBytes..], Hash(part));
        }
    }

    /// <summary>Reads one part back.</summary>
    /// <exception cref="InvalidDataException">The bytes are no segment, damaged, or of a newer version.</exception>
    public static SeenSegment Decode(ReadOnlySpan<byte> part)
    {
        if (part.Length < HeaderBytes || !part.StartsWith("SPSN"u8))
        {
            throw new InvalidDataException($"{part.Length} bytes are not a seen segment: it starts with 'SPSN' and has at least {HeaderBytes}");
        }

        if (part[4] is not (Version or WholeVersion))
        {
            throw new InvalidDataException($"a seen segment has format version {part[4]}, this program reads {WholeVersion} and {Version}: it was written by a newer one");
        }

        var fingerprintBytes = part[4] == Version ? FingerprintBytes : WholeBytes;
        if ((part.Length - HeaderBytes) % fingerprintBytes != 0)
        {
            throw new InvalidDataException($"a seen segment of version {part[4]} has {part.Length} bytes, not {HeaderBytes} + n × {fingerprintBytes}: it is cut off");
        }

        var expiresAtUs = BinaryPrimitives.ReadInt64LittleEndian(part[8..]);
        if (BinaryPrimitives.ReadUInt64LittleEndian(part[HashedHeaderBytes..]) != Hash(part) || expiresAtUs < 0)
        {
            throw new InvalidDataException($"a seen segment of {part.Length} bytes is damaged: its hash does not match");
        }

        var fingerprints = new UInt128[(part.Length - HeaderBytes) / fingerprintBytes];
        for (var i = 0; i < fingerprints.Length; i++)
        {
            // Numbers: the first bits are the last bytes.
            var first = part.Slice(HeaderBytes + ((i + 1) * fingerprintBytes) - FingerprintBytes, FingerprintBytes);
            fingerprints[i] = new UInt128(BinaryPrimitives.ReadUInt32LittleEndian(first[sizeof(ulong)..]), BinaryPrimitives.ReadUInt64LittleEndian(first)) << DroppedBits;
        }

        return new SeenSegment(expiresAtUs, fingerprints);
    }

    /// <summary>Where a part is stored: <c>SEEN#expiry#attempt#n</c>.</summary>
    /// <param name="expiresAtUs">Not negative.</param>
    /// <param name="attempt">The attempt that writes it, without '#'.</param>
    /// <param name="part">From 0; unique within the attempt.</param>
    public static string SortKey(long expiresAtUs, string attempt, int part) =>
        string.Create(CultureInfo.InvariantCulture, $"{SortKeyPrefix}{expiresAtUs:D20}#{attempt}#{part}");

    /// <summary>The range of sort keys, first included and last excluded, of the segments that are live for arrivals from <paramref name="arrivalUs"/> on.</summary>
    public static (string From, string To) LiveSortKeys(long arrivalUs)
    {
        var firstUs = Math.Clamp(arrivalUs, -1, long.MaxValue - 1) + 1;
        return (string.Create(CultureInfo.InvariantCulture, $"{SortKeyPrefix}{firstUs:D20}"), "SEEN$");
    }

    /// <summary>False when the text is not what <see cref="SortKey"/> writes.</summary>
    public static bool TryParseSortKey(string sortKey, out long expiresAtUs, out string attempt, out int part)
    {
        expiresAtUs = 0;
        attempt = "";
        part = 0;
        var pieces = sortKey.Split('#');
        if (pieces.Length != 4 || pieces[0] + "#" != SortKeyPrefix || pieces[1].Length != ExpiryDigits || pieces[2].Length == 0
            || !long.TryParse(pieces[1], NumberStyles.None, CultureInfo.InvariantCulture, out expiresAtUs)
            || !int.TryParse(pieces[3], NumberStyles.None, CultureInfo.InvariantCulture, out part))
        {
            return false;
        }

        attempt = pieces[2];
        return true;
    }

    private static ulong Hash(ReadOnlySpan<byte> part)
    {
        var hash = new XxHash3();
        hash.Append(part[..HashedHeaderBytes]);
        hash.Append(part[HeaderBytes..]);
        return hash.GetCurrentHashAsUInt64();
    }
}
