namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>The grammar of numbers (RFC 8259 section 6).</summary>
internal static unsafe class NumberText
{
    /// <param name="at">Its first byte.</param>
    /// <param name="limit">The text's end, behind which no digit is looked for.</param>
    /// <returns>Behind the number; null when it is none.</returns>
    public static byte* End(byte* at, byte* limit)
    {
        if (*at == '-')
        {
            at++;
        }

        var isZero = *at == '0';
        if (!SkipDigits(ref at, limit, out var count) || (isZero && count > 1))
        {
            return null;
        }

        if (*at == '.')
        {
            at++;
            if (!SkipDigits(ref at, limit, out _))
            {
                return null;
            }
        }

        if ((*at | 0x20) == 'e')
        {
            at++;
            if (*at is (byte)'+' or (byte)'-')
            {
                at++;
            }

            if (!SkipDigits(ref at, limit, out _))
            {
                return null;
            }
        }

        return at;
    }

    private static bool SkipDigits(ref byte* at, byte* limit, out long count)
    {
        var start = at;
        while (at < limit && (uint)(*at - '0') <= 9)
        {
            at++;
        }

        count = at - start;
        return count > 0;
    }
}
