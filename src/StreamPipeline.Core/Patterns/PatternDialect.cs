namespace StreamPipeline.Core.Patterns;

/// <summary>Where the languages of patterns differ.</summary>
internal sealed class PatternDialect
{
    /// <summary>JSON Schema's: ECMA-262 with the <c>u</c> flag. Source: ECMA-262, section 22.2.</summary>
    public static readonly PatternDialect Ecma = new()
    {
        IsEcma = true,
        White = new CodePointClass().Add('\t', '\r').Add(' ', ' ').Add(0xa0, 0xa0).Add(0x1680, 0x1680).Add(0x2000, 0x200a).Add(0x2028, 0x2029)
            .Add(0x202f, 0x202f).Add(0x205f, 0x205f).Add(0x3000, 0x3000).Add(0xfeff, 0xfeff),
        LineEnds = new CodePointClass().Add('\n', '\n').Add('\r', '\r').Add(0x2028, 0x2029),
    };

    /// <summary>DQDL's: that of <c>java.util.regex.Pattern</c> without flags.</summary>
    public static readonly PatternDialect Java = new()
    {
        White = new CodePointClass().Add('\t', '\r').Add(' ', ' '),
        LineEnds = new CodePointClass().Add('\n', '\n').Add('\r', '\r').Add(0x85, 0x85).Add(0x2028, 0x2029),
    };

    private static readonly CodePointClass Digits = new CodePointClass().Add('0', '9');
    private static readonly CodePointClass Word = new CodePointClass().Add('0', '9').Add('A', 'Z').Add('_', '_').Add('a', 'z');

    private PatternDialect()
    {
    }

    /// <summary><c>$</c> is the very end, <c>[]</c> has no members, and a class escape next to a range's dash is a mistake.</summary>
    public bool IsEcma { get; private init; }

    /// <summary><c>\s</c>.</summary>
    public required CodePointClass White { get; init; }

    /// <summary>What <c>.</c> does not take.</summary>
    public required CodePointClass LineEnds { get; init; }

    /// <summary>The characters of <c>\d</c> and the like; null: it stands for something else.</summary>
    public CodePointClass? ClassOf(char escape) => escape switch
    {
        'd' => Digits,
        'D' => Digits.Complement(),
        'w' => Word,
        'W' => Word.Complement(),
        's' => White,
        'S' => White.Complement(),
        _ => null,
    };
}
