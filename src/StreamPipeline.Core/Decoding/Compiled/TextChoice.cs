using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>The values of an enum: few are compared one by one, by length and first word; many are searched.</summary>
internal sealed unsafe class TextChoice
{
    private const int FewMax = 12;
    private readonly byte[][] _sorted;
    private readonly (int Length, ulong Word)[] _heads;

    /// <param name="sorted">In ordinal order.</param>
    public TextChoice(byte[][] sorted)
    {
        _sorted = sorted;
        _heads = [.. sorted.Select(value => (value.Length, Word(value)))];
    }

    public bool Contains(byte* text, int length) =>
        _heads.Length <= FewMax ? IsOneOfFew(text, length) : IsOneOfMany(new ReadOnlySpan<byte>(text, length));

    private static ulong Word(byte[] value)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        word.Clear();
        value.AsSpan(0, Math.Min(value.Length, word.Length)).CopyTo(word);
        return BitConverter.ToUInt64(word);
    }

    private bool IsOneOfFew(byte* text, int length)
    {
        var word = Unsafe.ReadUnaligned<ulong>(text) & Words.Mask(length);
        for (var i = 0; i < _heads.Length; i++)
        {
            if (_heads[i].Length == length && _heads[i].Word == word)
            {
                if (length <= sizeof(ulong) || new ReadOnlySpan<byte>(text, length).SequenceEqual(_sorted[i]))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private bool IsOneOfMany(ReadOnlySpan<byte> text)
    {
        int low = 0, high = _sorted.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = text.SequenceCompareTo(_sorted[middle]);
            if (order == 0)
            {
                return true;
            }

            (low, high) = order > 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return false;
    }
}
