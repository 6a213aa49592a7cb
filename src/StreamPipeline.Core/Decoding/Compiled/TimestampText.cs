using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>Reads RFC 3339 date-times as <see cref="Rfc3339"/> does. Events come by the time, so the last day read is most often the next one too.</summary>
internal sealed unsafe class TimestampText
{
    /// <summary>Of the shortest date-time, bytes.</summary>
    public const int BytesMin = 20;

    /// <summary>Of one with milliseconds and a <c>Z</c>, bytes.</summary>
    public const int BytesUsual = 24;

    /// <summary>Of one with nanoseconds and an offset, bytes; there is no limit.</summary>
    public const int BytesUsualMax = 35;

    /// <summary>Of what comes before a fraction or an offset.</summary>
    private const int TimeBytes = 19;

    /// <summary>Of the day.</summary>
    private const int DayBytes = 10;

    /// <summary>Of an offset that is not <c>Z</c>.</summary>
    private const int OffsetBytes = 6;

    private const long SecondUs = 1_000_000;
    private const long DayUs = 86_400 * SecondUs;

    /// <summary>The ten characters of the day and the <c>T</c>, as two words that overlap; at first bytes that no UTF-8 text holds.</summary>
    private ulong _dayHead = ulong.MaxValue;
    private uint _dayTail;
    private long _dayUs;

    /// <summary>The characters of the minute last read, <c>yyyy-MM-ddThh:mm</c>, as two words; at first bytes that no UTF-8 text holds.</summary>
    private ulong _minuteHead = ulong.MaxValue;
    private ulong _minuteTail = ulong.MaxValue;
    private long _minuteUs;

    /// <summary>The last offset that was not <c>Z</c>, such as <c>+02:00</c>, as a word; at first none has it.</summary>
    private ulong _offset = ulong.MaxValue;
    private long _offsetUs;

    private static ReadOnlySpan<int> FractionUnits => [0, 100_000, 10_000, 1_000, 100, 10, 1];

    /// <summary>Of more digits than microseconds have, all that they are to be divided by.</summary>
    private static ReadOnlySpan<int> FractionParts => [1, 10, 100, 1_000];

    /// <summary>Reads one with milliseconds, in the minute of the last one.</summary>
    /// <param name="text"><see cref="BytesUsual"/> of it can be read.</param>
    /// <param name="microseconds">Since 1970-01-01T00:00:00Z.</param>
    /// <returns>False: it is another one, or none.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryParseUsual(byte* text, out long microseconds)
    {
        // ":ss.fffZ", of which five bytes are digits.
        const ulong Zeros = 0x5A30_3030_2E30_303A;
        const ulong Others = 0xFF00_0000_FF00_00FF;
        const ulong Tops = 0x0080_8080_0080_8000;
        var digits = Unsafe.ReadUnaligned<ulong>(text + 16) ^ Zeros;
        var tens = (digits >> 8) & 0xFF;
        microseconds = _minuteUs + (long)((tens * 10_000_000) + (((digits >> 16) & 0xFF) * 1_000_000)
            + (((digits >> 32) & 0xFF) * 100_000) + (((digits >> 40) & 0xFF) * 10_000) + (((digits >> 48) & 0xFF) * 1_000));
        return Unsafe.ReadUnaligned<ulong>(text) == _minuteHead
            && Unsafe.ReadUnaligned<ulong>(text + 8) == _minuteTail
            && ((digits & Others) | (((digits + 0x0076_7676_0076_7600) | digits) & Tops)) == 0
            && tens <= 5;
    }

    /// <param name="text">May be read a word beyond its end.</param>
    /// <param name="length">Of the text, bytes.</param>
    /// <param name="microseconds">Since 1970-01-01T00:00:00Z.</param>
    public bool TryParse(byte* text, int length, out long microseconds)
    {
        if (length < BytesMin)
        {
            microseconds = 0;
            return false;
        }

        var isUtc = text[length - 1] == 'Z';
        var fractionBytes = length - TimeBytes - (isUtc ? 1 : OffsetBytes);
        if (fractionBytes >= 0
            && ((Unsafe.ReadUnaligned<ulong>(text) == _dayHead && Unsafe.ReadUnaligned<uint>(text + 7) == _dayTail) || TryLearnDay(text))
            && TryTimeOfDay(text + 11, out var seconds)
            && TryFraction(text + TimeBytes, fractionBytes, out var fractionUs)
            && (isUtc || OffsetAt(text + length) == _offset || TryLearnOffset(text + length)))
        {
            if (isUtc && length == BytesUsual)
            {
                _minuteHead = _dayHead;
                _minuteTail = Unsafe.ReadUnaligned<ulong>(text + 8);
                _minuteUs = _dayUs + (seconds / 60 * 60 * SecondUs);
            }

            microseconds = _dayUs + (seconds * SecondUs) + fractionUs - (isUtc ? 0 : _offsetUs);
            return Rfc3339.IsInRange(microseconds);
        }

        return Rfc3339.TryParse(new ReadOnlySpan<byte>(text, length), out microseconds);
    }

    /// <summary><c>hh:mm:ss</c> without the leap second, which needs the complete rules.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryTimeOfDay(byte* text, out long seconds)
    {
        const ulong Zeros = 0x3030_3A30_303A_3030;
        const ulong Colons = 0x0000_FF00_00FF_0000;
        const ulong Tops = 0x8080_8080_8080_8080;
        var digits = Unsafe.ReadUnaligned<ulong>(text) ^ Zeros;
        var hour = ((digits & 0xFF) * 10) + ((digits >> 8) & 0xFF);
        var minute = (((digits >> 24) & 0xFF) * 10) + ((digits >> 32) & 0xFF);
        var second = (((digits >> 48) & 0xFF) * 10) + (digits >> 56);
        seconds = (long)((hour * 3_600) + (minute * 60) + second);
        return (digits & Colons) == 0
            && (((digits + 0x7676_7676_7676_7676) | digits) & Tops) == 0
            && hour <= 23
            && minute <= 59
            && second <= 59;
    }

    /// <summary>The six bytes of an offset, as a word.</summary>
    /// <param name="end">Behind it; there are two bytes more before it.</param>
    private static ulong OffsetAt(byte* end) => Unsafe.ReadUnaligned<ulong>(end - sizeof(ulong)) >> 16;

    /// <summary>Nothing, or a point and one to nine digits, up to the offset. What is below a microsecond is cut.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryFraction(byte* text, int length, out long microseconds)
    {
        microseconds = 0;
        if (length == 0)
        {
            return true;
        }

        var digits = length - 1;
        if (*text != '.' || digits is < 1 or > 9)
        {
            return false;
        }

        ulong value = 0;
        var end = Digits.Read(text + 1, ref value);
        microseconds = digits < FractionUnits.Length ? (long)value * FractionUnits[digits] : (long)value / FractionParts[digits - 6];
        return end == text + length;
    }

    /// <summary>Goes on to the day of a text; false: it begins with none, or not with what is usual.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryLearnDay(byte* text)
    {
        if (text[DayBytes] != 'T' || !Rfc3339.TryParseDate(new ReadOnlySpan<byte>(text, DayBytes), out var days))
        {
            return false;
        }

        _dayHead = Unsafe.ReadUnaligned<ulong>(text);
        _dayTail = Unsafe.ReadUnaligned<uint>(text + 7);
        _dayUs = days * DayUs;
        return true;
    }

    /// <summary>Goes on to the offset that ends a text; false: there is none.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryLearnOffset(byte* end)
    {
        if (!Rfc3339.TryOffset(new ReadOnlySpan<byte>(end - OffsetBytes, OffsetBytes), out var minutes))
        {
            return false;
        }

        _offset = OffsetAt(end);
        _offsetUs = minutes * 60 * SecondUs;
        return true;
    }
}
