using System.Runtime.CompilerServices;
using System.Text;

namespace StreamPipeline.Core.Decoding.Json;

/// <summary>
/// The texts of rejections. A stream that is broken is mostly broken in the same way, event after event: what is said of it is made once and then found. Bounded:
/// it forgets everything when it is full. Not for use by several threads.
/// </summary>
internal sealed class RepeatedTexts
{
    private const int TextsMax = 512;
    private const int CharactersMax = 512;

    private readonly HashSet<string> _texts = new(StringComparer.Ordinal);
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _known;

    public RepeatedTexts() => _known = _texts.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <param name="text">Is empty afterwards.</param>
    public string Of(ref DefaultInterpolatedStringHandler text)
    {
        var found = Of(text.Text);
        text.Clear();
        return found;
    }

    public string Of(ReadOnlySpan<char> text)
    {
        if (_known.TryGetValue(text, out var known))
        {
            return known;
        }

        var made = text.ToString();
        if (made.Length <= CharactersMax)
        {
            if (_texts.Count == TextsMax)
            {
                _texts.Clear();
            }

            _texts.Add(made);
        }

        return made;
    }

    public string Of(StringBuilder text)
    {
        if (text.Length > CharactersMax)
        {
            return text.ToString();
        }

        Span<char> characters = stackalloc char[CharactersMax];
        text.CopyTo(0, characters, text.Length);
        return Of(characters[..text.Length]);
    }

    /// <summary>As <see cref="Excerpt.Of"/>.</summary>
    public string ExcerptOf(ReadOnlySpan<byte> utf8, int charactersMax)
    {
        if (utf8.Length > charactersMax || utf8.Length > CharactersMax)
        {
            return Excerpt.Of(utf8, charactersMax);
        }

        Span<char> characters = stackalloc char[CharactersMax];
        return Of(characters[..Encoding.UTF8.GetChars(utf8, characters)]);
    }
}
