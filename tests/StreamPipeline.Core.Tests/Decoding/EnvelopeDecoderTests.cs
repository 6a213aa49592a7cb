using System.Text;
using CsCheck;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Decoding;
using static StreamPipeline.Core.Tests.Decoding.Envelopes;

namespace StreamPipeline.Core.Tests.Decoding;

public sealed class EnvelopeDecoderTests
{
    private static readonly Gen<byte[]> _plain = Gen.String[Gen.Char['a', 'z'], 0, 200].Select(Utf8);

    [Fact]
    public void What_is_not_an_envelope_passes_through_as_the_same_memory()
    {
        var data = Utf8("""{"a":1}""");
        var payload = Assert.Single(Unwrap(data));
        Assert.True(payload.Bytes.Equals(new ReadOnlyMemory<byte>(data)));
        Assert.Null(payload.Fault);
        Assert.Equal(0, Assert.Single(Unwrap([])).Bytes.Length);
    }

    [Fact]
    public void Any_envelope_of_any_content_is_undone() =>
        Gen.Select(_plain.Array[1, 8], Gen.Int[0, 2], Gen.Int[0, 2]).Sample((contents, inner, outer) =>
        {
            var wrapped = Compress(Kpl([.. contents.Select(content => Compress(content, inner))]), outer);
            Assert.Equal(contents.Select(Encoding.UTF8.GetString), Unwrap(wrapped).Select(Text));
        });

    [Fact]
    public void A_bare_record_is_its_only_payload_as_it_is()
    {
        Gen.Select(Gen.Frequency((1, Gen.Byte.Array[0, 3]), (3, _plain)), Gen.Int[0, 3], Gen.Bool).Sample((content, kind, hasFault) =>
        {
            // One each: samples are tried by several threads at once.
            using var decoder = new EnvelopeDecoder(new DecodeLimits(RecordBytes: 300));
            var record = Record(kind == 3 ? Kpl(content) : Compress(content, kind), hasFault ? new RecordFault(QuarantineReason.BadBase64, "why") : null);
            var payloads = new List<Payload>();
            decoder.Unwrap(record, payloads);
            Assert.True(!decoder.IsBare(record) || payloads is [{ Fault: null } only] && only.Bytes.Equals(record.Data));
            Assert.True(decoder.IsBare(record) || hasFault || kind > 0 || content.Length > 300 || content is [0x1F or 0x28 or (>= 0x50 and <= 0x5F) or 0xF3, ..]);
        });
    }

    [Fact]
    public void A_gzip_of_several_members_and_a_zstd_of_several_frames_are_one_text()
    {
        Assert.Equal("one two", Text(Assert.Single(Unwrap([.. Gzip("one "u8), .. Gzip("two"u8)]))));
        Assert.Equal("one two", Text(Assert.Single(Unwrap([.. Zstd("one "u8), .. Zstd("two"u8)]))));
    }

    [Fact]
    public void Skippable_frames_of_zstd_are_passed_over_and_alone_are_an_empty_record()
    {
        byte[] data = [.. Skippable(0, Utf8("size")), .. Skippable(15, []), .. Zstd("one "u8), .. Skippable(3, new byte[500]), .. Zstd("two"u8), .. Skippable(1, [1])];
        using var decoder = new EnvelopeDecoder(new DecodeLimits());
        Assert.False(decoder.IsBare(Record(data)));
        Assert.Equal("one two", Text(Assert.Single(Unwrap(data))));
        Assert.Equal("", Text(Assert.Single(Unwrap([.. Skippable(0, Utf8("size")), .. Skippable(15, [])]))));
        Assert.Equal(QuarantineReason.CorruptCompression, Assert.Single(Unwrap(Skippable(0, Utf8("size"))[..^1])).Fault!.Reason);
    }

    [Fact]
    public void An_aggregate_whose_md5_does_not_match_is_an_ordinary_record()
    {
        var data = Kpl(Utf8("x"));
        data[^1] ^= 1;
        Assert.Equal(data, Assert.Single(Unwrap(data)).Bytes.ToArray());
    }

    [Fact]
    public void An_aggregate_that_is_broken_within_a_matching_md5_is_one_rejected_event_with_all_its_bytes()
    {
        var message = KplMessage(Utf8("first"), Utf8("second"));
        var data = Sealed(message[..^4]);
        var payload = Assert.Single(Unwrap(data));
        Assert.Equal(QuarantineReason.CorruptAggregate, payload.Fault!.Reason);
        Assert.Equal("a KPL aggregate of " + data.Length + " bytes: the protobuf message is broken after 1 sub-records", payload.Fault.Detail);
        Assert.Equal(data, payload.Bytes.ToArray());
    }

    [Fact]
    public void A_sub_record_without_data_breaks_its_aggregate() =>
        Assert.Contains("sub-record 1 has no data", Assert.Single(Unwrap(Sealed([0x1A, 2, 8, 0]))).Fault!.Detail);

    [Fact]
    public void An_aggregate_without_sub_records_is_an_empty_record() =>
        Assert.Equal(QuarantineReason.Empty, Assert.Single(Unwrap(Kpl())).Fault!.Reason);

    [Fact]
    public void More_sub_records_than_any_producer_packs_are_refused()
    {
        byte[] empty = [0x1A, 2, 0x1A, 0];
        var most = Enumerable.Repeat(empty, KplAggregate.SubRecordsMax).SelectMany(bytes => bytes).ToArray();
        Assert.Equal(KplAggregate.SubRecordsMax, Unwrap(Sealed(most)).Count);
        Assert.Contains("more than 100,000 sub-records", Assert.Single(Unwrap(Sealed([.. most, .. empty]))).Fault!.Detail);
    }

    [Fact]
    public void A_broken_sub_record_leaves_the_others_whole_and_in_order()
    {
        var broken = Gzip("lost"u8)[..^3];
        var payloads = Unwrap(Kpl(Utf8("first"), broken, Zstd("third"u8)));
        Assert.Equal("first", Text(payloads[0]));
        Assert.Equal(QuarantineReason.CorruptCompression, payloads[1].Fault!.Reason);
        Assert.Equal(broken, payloads[1].Bytes.ToArray());
        Assert.Equal("third", Text(payloads[2]));
    }

    [Fact]
    public void A_record_beyond_the_limit_keeps_its_beginning()
    {
        var data = new byte[200_000];
        var payload = Assert.Single(Unwrap(data, new DecodeLimits(RecordBytes: 100_000)));
        Assert.Equal(QuarantineReason.RecordTooLarge, payload.Fault!.Reason);
        Assert.Equal("the record is 200,000 bytes, at most 100,000 are allowed; limits.recordBytes raises it up to 10 MiB", payload.Fault.Detail);
        Assert.Equal(65_536, payload.Bytes.Length);
        Assert.Null(Assert.Single(Unwrap(data, new DecodeLimits(RecordBytes: 200_000))).Fault);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Inflated_bytes_are_allowed_up_to_the_limit_and_not_one_more(int kind)
    {
        var limits = new DecodeLimits(InflatedBytes: 300_000);
        Assert.Equal(300_000, Assert.Single(Unwrap(Compress(new byte[300_000], kind), limits)).Bytes.Length);
        var payload = Assert.Single(Unwrap(Compress(new byte[300_001], kind), limits));
        Assert.Equal(QuarantineReason.InflatedTooLarge, payload.Fault!.Reason);
        Assert.Contains("more than 300,000 bytes; limits.inflatedBytes raises it", payload.Fault.Detail);
    }

    [Fact]
    public void The_sub_records_of_a_record_share_one_allowance()
    {
        var payloads = Unwrap(Kpl(Zstd(new byte[60_000]), Gzip(new byte[60_000]), Utf8("plain")), new DecodeLimits(InflatedBytes: 100_000));
        Assert.Null(payloads[0].Fault);
        Assert.Equal(QuarantineReason.InflatedTooLarge, payloads[1].Fault!.Reason);
        Assert.Equal("plain", Text(payloads[2]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_bomb_allocates_no_more_than_the_limit(int kind)
    {
        // 1 GiB of zeros; the gzip of it is beyond the record limit of Kinesis only by a little, so the limit is raised for it.
        var bomb = Bomb(kind);
        using var decoder = new EnvelopeDecoder(new DecodeLimits(RecordBytes: 10 << 20));
        var payloads = new List<Payload>();
        decoder.Unwrap(Record(Compress(new byte[1 << 20], kind)), payloads);
        var before = GC.GetAllocatedBytesForCurrentThread();
        decoder.Unwrap(Record(bomb), payloads);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(QuarantineReason.InflatedTooLarge, payloads[1].Fault!.Reason);
        Assert.InRange(allocated, 0, 40 << 20);
        Assert.InRange(decoder.BytesHeld, 0, 1 << 20);
    }

    [Fact]
    public void A_third_layer_of_compression_is_refused()
    {
        Assert.Equal("x", Text(Assert.Single(Unwrap(Gzip(Zstd("x"u8))))));
        Assert.Equal(QuarantineReason.CorruptCompression, Assert.Single(Unwrap(Gzip(Gzip(Zstd("x"u8))))).Fault!.Reason);
    }

    [Fact]
    public void What_the_source_could_not_deliver_keeps_its_fault()
    {
        var fault = new RecordFault(QuarantineReason.BadBase64, "why");
        var payload = Assert.Single(Unwrap(Record(Gzip("x"u8), fault), new DecodeLimits()));
        Assert.Same(fault, payload.Fault);
    }

    [Fact]
    public void Damaged_envelopes_give_faults_and_never_throw() =>
        Gen.Select(_plain.Array[1, 4], Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[0, 1000], Gen.Byte, Gen.Bool).Sample(
            (contents, inner, outer, at, value, cut) =>
            {
                var data = Compress(Kpl([.. contents.Select(content => Compress(content, inner))]), outer);
                at %= data.Length;
                if (cut)
                {
                    data = data[..at];
                }
                else
                {
                    data[at] = value;
                }

                Assert.NotEmpty(Unwrap(data));

                // The same damage within a checksum that holds.
                var message = KplMessage(contents);
                message[at % message.Length] = value;
                Assert.NotEmpty(Unwrap(Sealed(message)));
            },
            iter: 2000);

    internal static byte[] Bomb(int kind)
    {
        var compressed = new MemoryStream();
        using (Stream stream = kind == 1
            ? new System.IO.Compression.GZipStream(compressed, System.IO.Compression.CompressionLevel.Fastest)
            : new ZstdSharp.CompressionStream(compressed))
        {
            var zeros = new byte[1 << 20];
            for (var i = 0; i < 1024; i++)
            {
                stream.Write(zeros);
            }
        }

        return compressed.ToArray();
    }

    private static byte[] Compress(byte[] content, int kind) => kind switch
    {
        0 => content,
        1 => Gzip(content),
        _ => Zstd(content),
    };

    private static string Text(Payload payload)
    {
        Assert.Null(payload.Fault);
        return Encoding.UTF8.GetString(payload.Bytes.Span);
    }

    private static List<Payload> Unwrap(byte[] data, DecodeLimits? limits = null) => Unwrap(Record(data), limits ?? new DecodeLimits());

    private static List<Payload> Unwrap(StreamRecord record, DecodeLimits limits)
    {
        using var decoder = new EnvelopeDecoder(limits);
        var payloads = new List<Payload>();
        decoder.Unwrap(record, payloads);

        // Copies: what was inflated goes back to the pool with the decoder.
        return payloads.ConvertAll(payload => payload.Bytes.Equals(record.Data) ? payload : payload with { Bytes = payload.Bytes.ToArray() });
    }
}
