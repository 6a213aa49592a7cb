namespace StreamPipeline.Core.Decoding;

/// <summary>Arrival times as Lambda writes them: seconds since 1970 with three decimals.</summary>
internal static class LambdaNumber
{
    /// <summary>Digits before the point: 11 last until the year 5138.</summary>
    private const int SecondsDigitsMax = 11;

    /// <summary>Digits behind it: beyond microseconds there is something to round.</summary>
    private const int DecimalsMax = 6;

    public const int ArrivalBytesMax = SecondsDigitsMax + 1 + DecimalsMax;

    private static ReadOnlySpan<int> MicrosecondsOf => [0, 100_000, 10_000, 1_000, 100, 10, 1];

    /// <summary>Reads a number that needs no rounding.</summary>
    /// <param name="text">Starts with it.</param>
    /// <param name="arrivalUs">Microseconds since 1970.</param>
    /// <returns>Its length; 0 when it is another number, or none. That it ends there is for the caller to see, by what follows.</returns>
    public static int ReadArrival(ReadOnlySpan<byte> text, out long arrivalUs)
    {
        arrivalUs = 0;
        var at = 0;
        var seconds = ReadDigits(text, ref at, SecondsDigitsMax);
        if (at == 0 || (at > 1 && text[0] == '0'))
        {
            return 0;
        }

        arrivalUs = seconds * 1_000_000;
        if (at < text.Length && text[at] == '.')
        {
            var point = at++;
            var decimals = ReadDigits(text, ref at, DecimalsMax);
            if (at == point + 1)
            {
                return 0;
            }

            arrivalUs += decimals * MicrosecondsOf[at - point - 1];
        }

        return at;
    }

    private static long ReadDigits(ReadOnlySpan<byte> text, ref int at, int digitsMax)
    {
        var value = 0L;
        for (var end = at + digitsMax; at < text.Length && at < end && text[at] is >= (byte)'0' and <= (byte)'9'; at++)
        {
            value = (value * 10) + (text[at] - '0');
        }

        return value;
    }
}
