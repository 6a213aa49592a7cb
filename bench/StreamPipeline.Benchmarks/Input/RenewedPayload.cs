using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace StreamPipeline.Benchmarks.Input;

/// <summary>
/// A Lambda payload that becomes a later one in place: each record gets a higher sequence number, which its id has too, and six letters of each event's key change, the same six
/// in all events. So a warm consumer can be given "the next payload" for as long as one measures, and what was a copy within the payload stays one.
/// </summary>
internal sealed class RenewedPayload
{
    // Bytes 15 to 20 of an event are within its key, and are eight characters of base64 of their own.
    private const int KeyStart = 15 / 3 * 4;
    private const int KeyBytes = 6;

    private readonly List<int> _sequences = [];
    private readonly List<int> _keys = [];
    private int _age;

    public RenewedPayload(byte[] payload)
    {
        Bytes = payload;
        Find("\"sequenceNumber\":\"49573850"u8, _sequences, extra: 0);
        Find("\"eventID\":\"shardId-000000000000:49573850"u8, _sequences, extra: 0);
        Find("\"data\":\""u8, _keys, extra: KeyStart);
    }

    public byte[] Bytes { get; }

    public void Renew()
    {
        _age++;
        Span<byte> digits = stackalloc byte[8];
        Encoding.ASCII.GetBytes(_age.ToString("D8", CultureInfo.InvariantCulture), digits);
        foreach (var at in _sequences)
        {
            digits.CopyTo(Bytes.AsSpan(at));
        }

        Span<byte> key = stackalloc byte[KeyBytes];
        Encoding.ASCII.GetBytes(_age.ToString("x6", CultureInfo.InvariantCulture), key);
        Base64.EncodeToUtf8(key, digits, out _, out _);
        foreach (var at in _keys)
        {
            digits.CopyTo(Bytes.AsSpan(at));
        }
    }

    private void Find(ReadOnlySpan<byte> marker, List<int> places, int extra)
    {
        for (var from = 0; Bytes.AsSpan(from).IndexOf(marker) is >= 0 and var at; from += at + marker.Length)
        {
            places.Add(from + at + marker.Length + extra);
        }
    }
}
