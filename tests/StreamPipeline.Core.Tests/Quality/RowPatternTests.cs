using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using StreamPipeline.Core.Quality.Language;
using StreamPipeline.Core.Tests.Decoding.Compiled;

namespace StreamPipeline.Core.Tests.Quality;

/// <summary>A rule's pattern by its table against .NET's engine, which knows more and means other things by some of it.</summary>
public sealed class RowPatternTests
{
    private static readonly string[] Parts =
    [
        "a", "b", "ab", "[a-c]", "[^a]", "\\d", "\\w", "\\W", "\\S", "\\s", ".", "(a|b)", "(?:ab|)", "a*", "b+?", "[ab]{2}", "(ab){1,3}", "a{0,2}", "^", "$", "|", "\\.", "[-a]", "[\\d_]", "c{2,}",
        "[a-c-[b]]", "[[:alpha:]]", "[[:alpha:]b]", "[a[b]", "(?i)a", "(?i:a)", "\\A", "\\Z", "\\z", "(?<n>a)", "(a)\\1", "{", "}", "]", "a{,2}", "a{2", "\\x61", "\\e", "\\_", "\\-", "\\ ", " ", "#", "(?#c)",
        "[^\\W-]", "\\ba", "\\p{L}", "(?=a)", "(?>a)", "a++", "\\u0061", "\\cA", "\\0", "[\\b]", "\\/", "\\<", "[!-~]", "[\\]]", "[]a]", "[^]a]", "é", "\\v", "\\f",
    ];

    [Fact]
    public void A_table_answers_as_the_engine_does()
    {
        var answered = 0;
        Gen.Select(Pick.From(Parts).Array[1, 5], Gen.OneOf(Gen.String[Pick.From("ab\n\r".ToCharArray()), 0, 4], Gen.String[Pick.From("aAbBcC019._- \n\t\v\r~\0[]{}#é:$^\u001c".ToCharArray()), 0, 6]).Array[1, 20]).Sample(
            (parts, texts) =>
            {
                if (RowPattern.Compile(string.Concat(parts), out _) is not { } pattern)
                {
                    return;
                }

                foreach (var text in texts)
                {
                    if (pattern.TryMatch(Encoding.UTF8.GetBytes(text)) is { } answer)
                    {
                        Interlocked.Increment(ref answered);
                        Assert.True(answer == pattern.IsMatch(text), $"{string.Concat(parts)} on '{Regex.Escape(text)}'");
                    }
                }
            },
            iter: 10_000);
        Assert.True(answered > 10_000, $"{answered} answers");
    }

    [Theory]
    [InlineData(".", "😀", true)]
    [InlineData(".{2}", "😀", false)]
    [InlineData(".", "\u0085", false)]
    [InlineData("(?s).", "\n", true)]
    [InlineData("[^a]", "😀", true)]
    [InlineData("[\\s\\S]", "😀", true)]
    [InlineData("\\d", "١", false)]
    [InlineData("\\D", "😀", true)]
    [InlineData("\\w", "é", false)]
    [InlineData("\\s", "\u00a0", false)]
    [InlineData("[\\w-a]", "-", true)]
    [InlineData("[😀-😂]", "😁", true)]
    [InlineData("\\x{1f600}", "😀", true)]
    [InlineData("[]a]", "]", true)]
    public void A_pattern_means_what_java_says(string pattern, string text, bool matches) =>
        Assert.Equal(matches, RowPattern.Compile(pattern, out _)!.IsMatch(text));

    [Theory]
    [InlineData("[a-c-[b]]", "classes within classes")]
    [InlineData("[a&&b]", "classes within classes")]
    [InlineData("[+-\\d]", "an end of a range")]
    [InlineData("(?x) a", "the flag x")]
    [InlineData("a)|(b", "Too many )'s")]
    public void What_java_or_this_does_not_take_is_refused(string pattern, string reason)
    {
        Assert.Null(RowPattern.Compile(pattern, out var error));
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Fact]
    public void One_character_of_like_is_a_code_point()
    {
        var pattern = RowPattern.CompileLike("_b", out _)!;
        Assert.True(pattern.IsMatch("😀b"));
        Assert.False(pattern.IsMatch("a😀b"));
        Assert.True(RowPattern.CompileLike("😀%", out _)!.IsMatch("😀\n😀"));
    }

    [Theory]
    [InlineData("[a-z]+@[a-z]+[.]com", "ann@ex.com", true)]
    [InlineData("[a-z]+@[a-z]+[.]com", "ann@ex.com2", false)]
    [InlineData("a|b", "ab", false)]
    [InlineData("a$", "a", true)]
    public void A_plain_pattern_has_a_table(string pattern, string text, bool matches) =>
        Assert.Equal(matches, RowPattern.Compile(pattern, out _)!.TryMatch(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("a.", "a\r")]
    [InlineData("a$", "a\n")]
    [InlineData("é|a", "a")]
    [InlineData("a", "é")]
    public void Line_ends_and_what_is_beyond_ASCII_are_left_to_the_engine(string pattern, string text) =>
        Assert.Null(RowPattern.Compile(pattern, out _)!.TryMatch(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Like_is_answered_by_the_table_too()
    {
        var pattern = RowPattern.CompileLike("%ab%", out _)!;
        Assert.True(pattern.TryMatch("xxabyy"u8));
        Assert.False(pattern.TryMatch("xxayy"u8));
    }
}
