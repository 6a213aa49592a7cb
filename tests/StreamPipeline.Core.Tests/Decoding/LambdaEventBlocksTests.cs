using System.Text;
using CsCheck;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Tests.Decoding;

/// <summary>Events that are read through a window, held against the reader of the whole text: the same records, or the honest answer that it does not know.</summary>
public sealed class LambdaEventBlocksTests
{
    private static readonly Gen<int> _window = Gen.OneOf(Gen.Int[1, 1_000], Gen.Int[1_000, 20_000]);

    [Fact]
    public void What_is_read_through_a_window_is_what_the_whole_holds() =>
        Gen.Select(LambdaRecordLayoutTests.AnyFrame, LambdaRecordLayoutTests.AnyRecord.Array[0, 12], Gen.OneOf(",", " ,\n", ",", ",", ",,"), _window, Gen.Int[1, 3_000]).Sample(
            (frame, records, separator, window, reads) => Compare(Encoding.UTF8.GetBytes(frame.Start + string.Join(separator, records) + frame.End), window, reads),
            iter: 40_000);

    [Fact]
    public void A_damaged_event_is_never_taken_for_another() =>
        Gen.Select(Gen.Int[0, 5_000], Gen.OneOf(Gen.Byte, Gen.OneOf("\"\\{}[]:,0=. \n"u8.ToArray())), Gen.Int[0, 3], _window, Gen.Int[1, 3_000]).Sample(
            (place, value, kind, window, reads) =>
            {
                var whole = Usual(12, ",");
                var at = place % whole.Length;
                Compare(
                    kind switch
                    {
                        0 => whole[..at],
                        1 => [.. whole[..at], .. whole[(at + 1)..]],
                        2 => [.. whole[..at], value, .. whole[at..]],
                        _ => [.. whole[..at], value, .. whole[(at + 1)..]],
                    },
                    window,
                    reads);
            },
            iter: 40_000);

    [Fact]
    public void An_event_as_Lambda_writes_it_is_read_through_any_window_that_a_record_fits_into() =>
        Gen.Select(Gen.Int[0, 40], Gen.OneOf(",", ",\n", "  , "), Gen.Int[700, 9_000], Gen.Int[1, 3_000]).Sample((records, separator, window, reads) =>
        {
            using var read = new LambdaEvent();
            Assert.True(Read(Usual(records, separator), window, reads, read));
            Assert.Equal(records, read.Batches.Sum(batch => batch.Records.Count));
        });

    [Fact]
    public void All_records_but_the_first_are_hopped_over_wherever_a_window_ends()
    {
        var json = Usual(60, ",");
        for (var window = 4_000; window < 5_000; window += 7)
        {
            using var read = new LambdaEvent();
            Assert.True(Read(json, window, window, read));
            Assert.Equal(59, read.Layout.Hops);
        }
    }

    [Fact]
    public void Records_that_end_behind_the_window_take_no_more_room_than_others()
    {
        // Every record's data is in the window before its end is, and no two in a row look alike.
        var data = Convert.ToBase64String(new byte[2_250]);
        var records = Enumerable.Range(0, 19).Select(i =>
            $"{{\"kinesis\":{{\"data\":\"{data}\",\"sequenceNumber\":\"{i}\",\"approximateArrivalTimestamp\":1}},\"eventID\":\"s:{i}\",\"{(char)('a' + (i % 2))}\":\"{new string('x', 200)}\"}}");
        var json = Encoding.UTF8.GetBytes("{\"Records\":[" + string.Join(',', records) + "]}");
        using var read = new LambdaEvent();
        Assert.True(Read(json, window: 6_500, reads: int.MaxValue, read));
        Assert.Equal(19 * 2_250, read.Records.Used);
        Assert.Equal(0, read.Layout.Hops);
    }

    [Fact]
    public void More_bytes_than_were_said_are_not_read()
    {
        var json = Usual(60, ",");
        using var read = new LambdaEvent();
        using var source = new MemoryStream(json);
        Assert.False(new LambdaEventBlocks(source, json.Length - 1, new byte[2_000], read).TryRead());
        Assert.Throws<ArgumentOutOfRangeException>(() => LambdaEventReader.TryRead(source, json.Length, new byte[LambdaEventReader.WindowBytes - 1], read));
    }

    [Fact]
    public void What_could_not_be_read_leaves_nothing_behind()
    {
        using var read = new LambdaEvent();
        var window = new byte[LambdaEventReader.WindowBytes];
        foreach (var json in new[] { Usual(9, ","), Usual(9, ",")[..^2], Usual(5, ",") })
        {
            using var source = new MemoryStream(json);
            var isWhole = json[^1] == '\n';
            Assert.Equal(isWhole, LambdaEventReader.TryRead(source, json.Length, window, read));
            Assert.Equal(isWhole, read.Batches.Count == 1);
        }
    }

    private static byte[] Usual(int records, string separator) =>
        Encoding.UTF8.GetBytes("{\"Records\":[" + string.Join(separator, Enumerable.Range(10, records).Select(LambdaRecordLayoutTests.Usual)) + "]}\n");

    private static void Compare(byte[] json, int window, int reads)
    {
        using var read = new LambdaEvent();
        if (Read(json, window, reads, read))
        {
            using var expected = new LambdaEvent();
            LambdaEventReader.Read(json, expected, layout: null);
            read.Error = read.Records.End();
            Assert.Equal(expected.Error, read.Error);
            Assert.Equal(expected.Batches.SelectMany(LambdaRecordLayoutTests.Describe), read.Batches.SelectMany(LambdaRecordLayoutTests.Describe));
        }
    }

    private static bool Read(byte[] json, int window, int reads, LambdaEvent into)
    {
        using var source = new ShortReads(json, reads);
        return new LambdaEventBlocks(source, json.Length, new byte[window], into).TryRead();
    }

    /// <summary>Gives fewer bytes at a time than it is asked for.</summary>
    private sealed class ShortReads(byte[] bytes, int bytesAtOnce) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, bytesAtOnce)]);
    }
}
