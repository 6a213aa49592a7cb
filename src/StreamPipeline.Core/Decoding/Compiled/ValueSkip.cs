using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>
/// Goes over a value that no field is compiled for, and looks at all that the complete path looks at: syntax, depth, half surrogate pairs, and
/// names given twice.
/// </summary>
internal static unsafe class ValueSkip<TVector>
    where TVector : struct, IByteVector
{
    /// <summary>Deeper ones are left to the complete path, which does not recurse.</summary>
    private const int LevelMax = 64;

    /// <param name="at">The value's first byte.</param>
    /// <param name="row">Its names and its scratch memory are used.</param>
    /// <param name="level">The depth of the value, should it be an object or an array; the document's is 1.</param>
    /// <returns>Behind the value; null: left to the complete path.</returns>
    public static byte* Skip(byte* at, PlanRow row, int level)
    {
        switch (*at)
        {
            case (byte)'"':
                return SkipString(at + 1, row);
            case (byte)'{':
                return level > LevelMax || level > row.DepthMax ? null : SkipObject(Blank.Skip(at + 1, row.Limit), row, level);
            case (byte)'[':
                return level > LevelMax || level > row.DepthMax ? null : SkipArray(Blank.Skip(at + 1, row.Limit), row, level);
            case (byte)'t':
                return Unsafe.ReadUnaligned<uint>(at) == Literals.True ? at + 4 : null;
            case (byte)'f':
                return Unsafe.ReadUnaligned<uint>(at) == Literals.Fals && at[4] == 'e' ? at + 5 : null;
            case (byte)'n':
                return Unsafe.ReadUnaligned<uint>(at) == Literals.Null ? at + 4 : null;
            default:
                return NumberText.End(at, row.Limit);
        }
    }

    private static byte* SkipString(byte* text, PlanRow row)
    {
        var end = TextScan<TVector>.Special(text, row.Limit);
        if (*end != '"')
        {
            end = AnyText<TVector>.Read(ref text, end, row, out _);
        }

        return end == null ? null : end + 1;
    }

    private static byte* SkipArray(byte* at, PlanRow row, int level)
    {
        if (*at == ']')
        {
            return at + 1;
        }

        while (at < row.Limit)
        {
            at = Skip(at, row, level + 1);
            if (at == null)
            {
                return null;
            }

            at = Blank.Skip(at, row.Limit);
            if (*at != ',')
            {
                return *at == ']' ? at + 1 : null;
            }

            at = Blank.Skip(at + 1, row.Limit);
        }

        return null;
    }

    private static byte* SkipObject(byte* at, PlanRow row, int level)
    {
        if (*at == '}')
        {
            return at + 1;
        }

        var number = ++row.Objects;
        while (at < row.Limit)
        {
            at = *at == '"' ? SkipName(at + 1, row, number) : null;
            if (at == null)
            {
                return null;
            }

            at = Skip(at, row, level + 1);
            if (at == null)
            {
                return null;
            }

            at = Blank.Skip(at, row.Limit);
            if (*at != ',')
            {
                return *at == '}' ? at + 1 : null;
            }

            at = Blank.Skip(at + 1, row.Limit);
        }

        return null;
    }

    /// <returns>The value's first byte.</returns>
    private static byte* SkipName(byte* name, PlanRow row, long number)
    {
        var end = TextScan<TVector>.Special(name, row.Limit);
        var length = (int)(end - name);
        var text = name;
        if (*end != '"')
        {
            end = AnyText<TVector>.Read(ref text, end, row, out length);
            if (end == null)
            {
                return null;
            }
        }

        // A text with escapes was put together where the next one will be.
        var hash = row.Hash.Of(text, length);
        if (!(text == name ? row.Names.TryAddInPlace((int)number, text, length, hash) : row.Names.TryAdd((int)number, new ReadOnlySpan<byte>(text, length), hash)))
        {
            return null;
        }

        end = Blank.Skip(end + 1, row.Limit);
        return *end == ':' ? Blank.Skip(end + 1, row.Limit) : null;
    }
}
