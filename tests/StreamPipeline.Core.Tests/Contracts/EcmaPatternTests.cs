using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Tests.Decoding.Compiled;

namespace StreamPipeline.Core.Tests.Contracts;

public sealed class EcmaPatternTests
{
    private static readonly int[] Edges =
        [0, '\n', ' ', '/', '0', '5', '9', ':', '@', 'A', 'Z', '[', '^', '_', '`', 'a', 'z', '{', 0x7f, 0x85, 0xa0, 'é', 0x200b, 0x2028, 0xd7ff, 0xe000, 0xfeff, 0xffff, 0x10000, 0x103ff, 0x10400, 0x1f600, 0x10fc00, 0x10ffff];

    private static readonly int[] Spaces =
        [9, 10, 11, 12, 13, 32, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff];

    private static readonly Gen<int> CodePoint =
        Gen.OneOf(Gen.Int['!', '~'], Gen.Int[0xa0, 0xd7ff], Gen.Int[0xe000, 0xffff], Gen.Int[0x10000, 0x10ffff], Gen.Int[0x1f5f0, 0x1f60f]);

    private static readonly Gen<Part> Member = Gen.OneOf(
        Gen.Select(CodePoint, Written).Select((c, write) => new Part(write(c), x => x == c, [c - 1, c, c + 1])),
        Gen.Select(CodePoint, CodePoint, Written, (a, b, write) => (Math.Min(a, b), Math.Max(a, b), write)).Select((from, to, write) =>
            new Part($"{write(from)}-{write(to)}", x => x >= from && x <= to, [from - 1, from, (from + to) / 2, to, to + 1])),
        Pick.From<Part>(
        [
            new Part("\\d", IsDigit, []),
            new Part("\\D", x => !IsDigit(x), []),
            new Part("\\w", IsWord, []),
            new Part("\\W", x => !IsWord(x), []),
            new Part("\\s", x => Spaces.Contains(x), Spaces),
            new Part("\\S", x => !Spaces.Contains(x), Spaces),
        ]));

    private static Gen<Func<int, string>> Written => Pick.From<Func<int, string>>(
    [
        c => c < 128 && !char.IsAsciiLetterOrDigit((char)c) && c != '_' ? $"\\{(char)c}" : char.ConvertFromUtf32(c),
        c => $"\\u{{{c:x}}}",
        c => string.Concat(char.ConvertFromUtf32(c).Select(unit => $"\\u{(int)unit:X4}")),
    ]);

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
    [InlineData("^[\\s\\S]$", "😀", true)]
    [InlineData("^[\\w\\W]+$", "a😀", true)]
    [InlineData("^[\\D]$", "😀", true)]
    [InlineData("^[^\\D]$", "😀", false)]
    [InlineData("^[^\\S]$", "😀", false)]
    [InlineData("^\\S$", "😀", true)]
    [InlineData("^[😀-😂x]{2}$", "😁x", true)]
    [InlineData("^[\\u{1f600}]$", "😀", true)]
    [InlineData("^\\ud83d\\ude00{2}$", "😀😀", true)]
    [InlineData("^(?:(?s:.)|.)x$", "\nx", true)]
    [InlineData("^(?:(?s)a)?.$", "\n", false)]
    [InlineData("^[^\\P{L}]$", "é", true)]
    [InlineData("^\\P{L}$", "😀", true)]
    [InlineData("^[a\\P{L}]+$", "a😀", true)]
    [InlineData("(a)\\1", "aa", true)]
    [InlineData("(?!x)y", "xy", true)]
    public void A_pattern_means_what_ecma_says(string pattern, string text, bool matches) =>
        Assert.Equal(matches, EcmaPattern.Compile(pattern, TimeSpan.FromSeconds(1)).IsMatch(text));

    /// <summary>Classes of random members against the same members as a set of code points, on the edges of all of them and beyond.</summary>
    [Fact]
    public void A_class_takes_the_code_points_of_its_members() =>
        Gen.Select(Member.Array[1, 5], Gen.Bool).Sample(
            (members, negated) =>
            {
                var pattern = $"^[{(negated ? "^" : "")}{string.Concat(members.Select(member => member.Text))}]$";
                var regex = EcmaPattern.Compile(pattern, TimeSpan.FromSeconds(1));
                foreach (var c in Edges.Concat(members.SelectMany(member => member.Edges)).Where(Rune.IsValid))
                {
                    Assert.True(regex.IsMatch(char.ConvertFromUtf32(c)) == (members.Any(member => member.Has(c)) != negated), $"{pattern} on U+{c:X4}");
                }
            },
            iter: 3_000);

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
    [InlineData("[+-\\d]")]
    [InlineData("[\\w-a]")]
    [InlineData("[z-a]")]
    [InlineData("[\\u00]")]
    public void What_is_no_pattern_is_refused(string pattern) =>
        Assert.ThrowsAny<ArgumentException>(() => EcmaPattern.Compile(pattern, TimeSpan.FromSeconds(1)));

    private static bool IsDigit(int c) => c is >= '0' and <= '9';

    private static bool IsWord(int c) => IsDigit(c) || c is (>= 'A' and <= 'Z') or (>= 'a' and <= 'z') or '_';

    /// <summary>A member of a class: as it is written, what it takes, and where that begins and ends.</summary>
    private sealed record Part(string Text, Func<int, bool> Has, int[] Edges);
}
