using System.Text;
using CsCheck;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Decoding.Compiled;

namespace StreamPipeline.Core.Tests.Decoding.Compiled;

/// <summary>The compiled formats against the plain ones, on texts near the border.</summary>
public sealed class FormatTextTests
{
    private static readonly string[] Good =
    [
        "6ba7b810-9DAD-11d1-80b4-00c04fd430c8", "192.168.0.255", "0.0.0.0", "1.22.133.4", "a.b+c@x-y.example", "\"q s\"@host", "a@b", "2024-02-29T12:30:00Z", "2024-02-29T23:59:59.123456Z",
        "2024-02-29T12:30:00.1+05:30", "2024-02-29T12:30:00-05:30", "2024-02-29T12:30:00.123456789Z", "2024-02-29T12:30:00.1234567+05:30", "2016-12-31T23:59:60Z",
    ];

    private static readonly Gen<string> Near = Gen.Select(
        Pick.From(Good), Gen.Select(Gen.Int[0, 40], Gen.Int[0, 2], Gen.String[Pick.From("0129afgAFGzZ.-:@+\"\\ tT_/".ToCharArray()), 0, 3]).Array[0, 3]).Select((text, edits) =>
        edits.Aggregate(text, (edited, edit) =>
        {
            var at = Math.Min(edit.Item1, edited.Length);
            return edited[..at] + edit.Item3 + edited[Math.Min(edited.Length, at + edit.Item2)..];
        }));

    [Fact]
    public void Each_format_accepts_what_its_plain_form_accepts() => Near.Sample(AssertSame, iter: 100_000);

    [Theory]
    [InlineData(63, 1)]
    [InlineData(64, 1)]
    [InlineData(65, 1)]
    [InlineData(1, 63)]
    [InlineData(1, 64)]
    [InlineData(64, 63)]
    public void Long_mailboxes_are_judged_the_same(int local, int label)
    {
        AssertSame($"{new string('a', local)}@{new string('b', label)}");
        AssertSame($"{new string('a', local)}@{string.Join('.', Enumerable.Repeat(new string('b', label), 4))}");
    }

    /// <summary>Few values and many, that differ in their first bytes, in their last, or in length alone; some of them twice.</summary>
    [Fact]
    public unsafe void A_choice_holds_its_values_and_no_others()
    {
        var value = Gen.Select(Pick.From("", "a", "category_", "category_of_more_than_thirty_two_bytes_"), Gen.String[Pick.From('0', '1', '2', 'é'), 0, 4], Pick.From("", "z")).Select((start, middle, end) => start + middle + end);
        Gen.Select(value.Array[0, 60], value.Array[1, 60]).Sample(
            (values, texts) =>
            {
                var choice = new TextChoice([.. values.Select(Encoding.UTF8.GetBytes)]);
                foreach (var text in texts.Concat(values))
                {
                    var bytes = Encoding.UTF8.GetBytes(text);
                    fixed (byte* at = new byte[bytes.Length + PlanRow.Slack])
                    {
                        // What is behind it is not part of it.
                        new Span<byte>(at, bytes.Length + PlanRow.Slack).Fill((byte)'0');
                        bytes.CopyTo(new Span<byte>(at, bytes.Length));
                        Assert.True(choice.Contains(at, bytes.Length) == values.Contains(text), $"'{text}' of {string.Join(',', values)}");
                    }
                }
            },
            iter: 2_000);
    }

    [Fact]
    public unsafe void What_a_time_teaches_changes_no_other_one() =>
        Gen.OneOf(
            Near,
            Gen.Select(
                Pick.From("2024-02-29", "0001-01-01", "9999-12-31", "1969-12-31"), Gen.Int[0, 86_399], Pick.From("", ".5", ".123", ".123456", ".1234567", ".123456789", ".1234567890"),
                Pick.From("Z", "z", "+02:00", "-02:00", "-00:00", "+23:59", "+24:00", "\0\0\0\0\0\0")).Select((day, second, fraction, offset) =>
                    $"{day}T{TimeSpan.FromSeconds(second):hh\\:mm\\:ss}{fraction}{offset}")).Array[2, 12].Sample(
            texts =>
            {
                var timestamps = new TimestampText();
                foreach (var text in texts)
                {
                    var bytes = Encoding.UTF8.GetBytes(text);
                    fixed (byte* at = new byte[bytes.Length + PlanRow.Slack])
                    {
                        bytes.CopyTo(new Span<byte>(at, bytes.Length));
                        Assert.True((Rfc3339.TryParse(bytes, out var plain), plain) == (timestamps.TryParse(at, bytes.Length, out var read), read), text);
                    }
                }
            },
            iter: 100_000);

    private static unsafe void AssertSame(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var padded = new byte[bytes.Length + PlanRow.Slack];
        bytes.CopyTo(padded, 0);
        var timestamps = new TimestampText();
        KnowDay(timestamps);
        fixed (byte* at = padded)
        {
            Assert.True(TextFormats.IsUuid(bytes) == FormatText.IsUuid(at, bytes.Length), text);
            Assert.True(TextFormats.IsIpv4(bytes) == FormatText.IsIpv4(at, bytes.Length), text);
            Assert.True(TextFormats.IsEmail(bytes) == FormatText.IsEmail(at, bytes.Length), text);

            // First with the day of another text in mind, then with its own.
            var expected = (Rfc3339.TryParse(bytes, out var plain), plain);
            Assert.True(expected == (timestamps.TryParse(at, bytes.Length, out var first), first), text);
            Assert.True(expected == (timestamps.TryParse(at, bytes.Length, out var again), again), text);
        }
    }

    private static unsafe void KnowDay(TimestampText timestamps)
    {
        fixed (byte* at = "2024-02-29T00:00:00Z"u8)
        {
            Assert.True(timestamps.TryParse(at, 20, out _));
        }
    }
}
