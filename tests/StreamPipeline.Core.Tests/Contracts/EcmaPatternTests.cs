using System.Text.RegularExpressions;
using StreamPipeline.Core.Contracts;

namespace StreamPipeline.Core.Tests.Contracts;

public sealed class EcmaPatternTests
{
    [Theory]
    [InlineData("b", "abc", true)]
    [InlineData("^b", "abc", false)]
    [InlineData("c$", "abc\n", false)]
    [InlineData("^[$.]$", "$", true)]
    [InlineData("^\\$$", "$", true)]
    [InlineData("^\\d+$", "12", true)]
    [InlineData("^\\d+$", "١٢", false)]
    [InlineData("^\\D$", "١", true)]
    [InlineData("^\\w$", "é", false)]
    [InlineData("^\\W$", "😀", true)]
    [InlineData("^[\\w.-]+$", "a.b-c_9", true)]
    [InlineData("^[^\\d]$", "5", false)]
    [InlineData("^[\\D]$", "5", false)]
    [InlineData("^[\\D]$", "x", true)]
    [InlineData("^[^,]{2}$", "😀,", false)]
    [InlineData("^[^,]{2}$", "😀😀", true)]
    [InlineData("^.{2}$", "😀😀", true)]
    [InlineData("^.$", "\u2028", false)]
    [InlineData("^😀{2}$", "😀😀", true)]
    [InlineData("^[a-z-[]$", "[", true)]
    [InlineData("^[^\\w-]$", "~", true)]
    [InlineData("^[^\\w-]$", "-", false)]
    [InlineData("(a)\\1", "aa", true)]
    [InlineData("(?!x)y", "xy", true)]
    public void A_pattern_means_what_ecma_says(string pattern, string text, bool matches) =>
        Assert.Equal(matches, EcmaPattern.Compile(pattern, TimeSpan.FromSeconds(1)).IsMatch(text));

    [Fact]
    public void Only_patterns_that_backtrack_need_a_clock()
    {
        Assert.Equal(Regex.InfiniteMatchTimeout, EcmaPattern.Compile("^(a+)+$", TimeSpan.FromSeconds(1)).MatchTimeout);
        Assert.Equal(TimeSpan.FromSeconds(1), EcmaPattern.Compile("(?=a)a", TimeSpan.FromSeconds(1)).MatchTimeout);
    }

    [Theory]
    [InlineData("(")]
    [InlineData("[a")]
    [InlineData("[]")]
    [InlineData("a**")]
    [InlineData("\\")]
    [InlineData("[😀]")]
    public void What_is_no_pattern_is_refused(string pattern) =>
        Assert.ThrowsAny<ArgumentException>(() => EcmaPattern.Compile(pattern, TimeSpan.FromSeconds(1)));
}
