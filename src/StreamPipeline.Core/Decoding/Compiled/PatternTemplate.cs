using System.Runtime.Intrinsics;
using StreamPipeline.Core.Patterns;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>
/// A <c>pattern</c> that fixes each character to a range, such as <c>^dev-[0-9]{4}$</c> or <c>^[A-Z]{3}$</c>: codes mostly do. One comparison of
/// all characters at once. Immutable.
/// </summary>
internal sealed unsafe class PatternTemplate
{
    private const int CharactersMax = 32;
    private readonly int _length;
    private readonly Vector256<byte> _first;
    private readonly Vector256<byte> _span;

    private PatternTemplate(int length, byte[] first, byte[] span) =>
        (_length, _first, _span) = (length, Vector256.Create(first), Vector256.Create(span));

    /// <summary>Null when the pattern is of another kind.</summary>
    public static PatternTemplate? Compile(string pattern)
    {
        if (PatternParser.Parse(pattern) is not PatternNode.Sequence { Parts: [PatternNode.Begin, .. var parts, PatternNode.End] })
        {
            return null;
        }

        var length = 0;
        var first = new byte[CharactersMax];
        var span = new byte[CharactersMax];
        // Behind the text anything may stand.
        Array.Fill(span, byte.MaxValue);
        foreach (var part in parts)
        {
            var (one, count) = part is PatternNode.Repeat repeat && repeat.Min == repeat.Max ? (repeat.Part, repeat.Min) : (part, 1);
            if (one is not PatternNode.Set { HasOthers: false } set || set.Members == 0 || length + count > CharactersMax)
            {
                return null;
            }

            var from = (int)UInt128.TrailingZeroCount(set.Members);
            var range = set.Members >> from;
            if ((range & (range + 1)) != 0)
            {
                return null;
            }

            Array.Fill(first, (byte)from, length, count);
            Array.Fill(span, (byte)UInt128.Log2(range), length, count);
            length += count;
        }

        return new PatternTemplate(length, first, span);
    }

    /// <param name="text"><see cref="PlanRow.Slack"/> bytes behind it can be read.</param>
    /// <param name="length">Of the text, bytes: as many as characters, or there is one beyond ASCII, which is in no range.</param>
    public bool Matches(byte* text, int length) =>
        length == _length && Vector256.LessThanOrEqualAll(Vector256.Load(text) - _first, _span);
}
