namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>The grammar of numbers (RFC 8259 section 6).</summary>
internal static unsafe class NumberText
{
    /// <returns>Behind the number; null when it is none.</returns>
    public static byte* End(byte* at)
    {
        if (*at == '-')
        {
            at++;
        }

        var isZero = *at == '0';
        if (!SkipDigits(ref at, out var count) || (isZero && count > 1))
        {
            return null;
        }

        if (*at == '.')
        {
            at++;
            if (!SkipDigits(ref at, out _))
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

            if (!SkipDigits(ref at, out _))
            {
                return null;
            }
        }

        return at;
    }

    private static bool SkipDigits(ref byte* at, out long count)
    {
        var start = at;
        while ((uint)(*at - '0') <= 9)
        {
            at++;
        }

        count = at - start;
        return count > 0;
    }
}
