using System.Text.Json;
using CsCheck;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Tests.Lake;

public sealed class JsonTextTests
{
    private static readonly Gen<string> _texts = Gen.OneOf(
        Gen.String[0, 200],
        Gen.OneOf(new[] { "\"", "\\", "\n", "\0", "\u001f", "ä", "😀", "plain text of some length, " }.Select(Gen.Const).ToArray()).Array[0, 80].Select(string.Concat));

    [Fact]
    public void Escaped_text_reads_back_as_it_was() => _texts.Sample(text =>
    {
        var utf8 = System.Text.Encoding.UTF8.GetBytes(text);
        var output = new byte[JsonText.RoomFor(utf8) + 2];
        output[0] = (byte)'"';
        var length = JsonText.Escape(utf8, output.AsSpan(1));
        output[length + 1] = (byte)'"';

        Assert.Equal(System.Text.Encoding.UTF8.GetString(utf8), JsonSerializer.Deserialize<string>(output.AsSpan(0, length + 2)));
    });

    [Theory]
    [InlineData(100)]
    [InlineData(1_000_000)]
    public void There_is_room_for_a_text_of_nothing_but_control_characters(int bytes)
    {
        var output = new byte[JsonText.RoomFor(new byte[bytes])];

        Assert.Equal(bytes * 6, JsonText.Escape(new byte[bytes], output));
    }

    [Fact]
    public void A_long_text_without_escapes_does_not_ask_for_six_times_its_size()
    {
        var text = Enumerable.Repeat((byte)'a', 10 << 20).ToArray();

        Assert.InRange(JsonText.RoomFor(text), text.Length, text.Length + 1_024);
    }
}
