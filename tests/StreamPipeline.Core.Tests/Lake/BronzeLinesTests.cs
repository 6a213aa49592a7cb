using System.Buffers;
using System.Text;
using CsCheck;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Tests.Lake;

public sealed class BronzeLinesTests
{
    private static readonly Gen<UInt128> _steps = Gen.Select(Gen.Frequency((9, Gen.Const(0UL)), (1, Gen.ULong)), Gen.OneOf(Gen.ULong[0, 3], Gen.ULong[0, 2_000_000_000], Gen.ULong))
        .Select((middle, low) => new UInt128(middle, low));

    private static readonly Gen<long> _waitsUs = Gen.OneOf(Gen.Const(0L), Gen.Long[0, 2_000], Gen.Long[-5_000_000, 5_000_000], Gen.Long[-3_000_000_000_000, 3_000_000_000_000]);

    private static readonly Gen<byte[]> _data = Gen.OneOf(
        Gen.Byte.Array[0, 100],
        Gen.String[0, 100].Select(text => Encoding.UTF8.GetBytes(text.Replace("\uFFFD", "?", StringComparison.Ordinal))),
        Gen.Int[0, 3_000].Select(length => Encoding.UTF8.GetBytes("{\"a\":\"" + new string('x', length) + "\"}")));

    private static readonly Gen<StreamRecord[]> _records =
        Gen.Select(Gen.Select(Gen.ULong[0, 2], Gen.ULong, Gen.ULong[ulong.MaxValue - 1_000, ulong.MaxValue]), Gen.Select(_steps, _waitsUs, _data, Gen.Int[0, 9]).Array[1, 30])
            .Select((start, steps) =>
            {
                var (high, middle, low) = start;
                var arrivalUs = 1_767_225_599_999_000L;
                return steps.Select(step =>
                {
                    var next = ((UInt128)middle << 64) + low + step.Item1;
                    (middle, low) = ((ulong)(next >> 64), (ulong)next);
                    arrivalUs += step.Item2;
                    var fault = step.Item4 == 0 ? new RecordFault("record_too_large", "") : null;
                    return new StreamRecord(new SequenceNumber(high, middle, low), step.Item3, arrivalUs, fault);
                }).ToArray();
            });

    [Fact]
    public void Each_record_reads_back_as_it_was() => _records.Sample(records =>
    {
        var rest = Write("shard \"é\" 1", records).AsSpan();
        foreach (var record in records)
        {
            var end = rest.IndexOf((byte)'\n');
            var read = BronzeLine.Read(rest[..end], "test");
            rest = rest[(end + 1)..];

            Assert.Equal("shard \"é\" 1", read.Shard);
            Assert.Equal(record.Sequence, read.Record.Sequence);
            Assert.Equal(record.ArrivalTimeUs, read.Record.ArrivalTimeUs);
            Assert.Equal(record.Data.ToArray(), read.Record.Data.ToArray());
            Assert.Equal(record.Fault?.Reason, read.Record.Fault?.Reason);
        }

        Assert.Equal(0, rest.Length);
    }, print: _ => "records");

    [Fact]
    public void A_line_does_not_depend_on_those_before_it() => _records.Sample(records =>
        Assert.Equal(records.SelectMany(record => Write("s", [record])), Write("s", records)), print: _ => "records");

    [Fact]
    public void The_order_of_members_is_fixed()
    {
        var record = new StreamRecord(SequenceNumber.From(41), "{\"a\":1}"u8.ToArray(), 1_767_225_600_123_456L);
        Assert.Equal(
            "{\"shard\":\"s0\",\"sequence\":\"41\",\"arrival\":\"2026-01-01T00:00:00.1234560Z\",\"data\":\"{\\\"a\\\":1}\"}\n",
            Encoding.UTF8.GetString(Write("s0", [record])));
    }

    private static byte[] Write(string shard, StreamRecord[] records)
    {
        var output = new ArrayBufferWriter<byte>();
        var lines = new BronzeLines(output, shard);
        foreach (var record in records)
        {
            lines.Write(record);
        }

        return output.WrittenSpan.ToArray();
    }
}
