using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Benchmarks.Input;

/// <summary>Generated events in the forms in which the product and its peers take them.</summary>
internal static class Inputs
{
    public const string Shard = "shardId-000000000000";

    /// <summary>Bytes of a Lambda payload in these benchmarks; Lambda itself takes 6 MB.</summary>
    public const int PayloadBytes = 5_000_000;

    /// <summary>When the records arrived, µs since the epoch: after every generated event.</summary>
    public const long ArrivalUs = 1_767_225_600L * 1_000_000;

    /// <summary>Lines of JSON.</summary>
    public static byte[] Lines(EventShape shape, int events, int seed = 1)
    {
        var output = new ArrayBufferWriter<byte>(events * 300);
        var source = new EventBytes(shape, seed);
        for (var i = 0; i < events; i++)
        {
            source.WriteLine(output);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>The lines as records of one shard, in order.</summary>
    /// <param name="lines">From <see cref="Lines"/>.</param>
    /// <param name="firstSequence">Of the first one.</param>
    public static MicroBatch Batch(ReadOnlyMemory<byte> lines, long firstSequence = 1)
    {
        var records = new List<StreamRecord>();
        while (!lines.IsEmpty)
        {
            var end = lines.Span.IndexOf((byte)'\n');
            records.Add(new StreamRecord(SequenceNumber.From((UInt128)(firstSequence + records.Count)), lines[..end], ArrivalUs));
            lines = lines[(end + 1)..];
        }

        return new MicroBatch(Shard, records);
    }

    /// <summary>Lambda's event for as many further events of the source as fit into <see cref="PayloadBytes"/>.</summary>
    /// <param name="source">Goes on where it was.</param>
    /// <param name="sequence">Of the record before the first; afterwards of the last.</param>
    public static byte[] LambdaPayload(EventBytes source, ref long sequence)
    {
        var output = new ArrayBufferWriter<byte>(PayloadBytes + 1_024);
        var line = new ArrayBufferWriter<byte>(512);
        output.Write("{\"Records\":["u8);
        var any = false;
        while (output.WrittenCount < PayloadBytes)
        {
            line.ResetWrittenCount();
            source.WriteLine(line);
            sequence++;
            output.Write(any ? ",{\"kinesis\":{\"kinesisSchemaVersion\":\"1.0\",\"partitionKey\":\"1\",\"sequenceNumber\":\""u8 : "{\"kinesis\":{\"kinesisSchemaVersion\":\"1.0\",\"partitionKey\":\"1\",\"sequenceNumber\":\""u8);
            any = true;
            var number = string.Create(CultureInfo.InvariantCulture, $"4957385034258420{sequence:D40}");
            Ascii(output, number);
            output.Write("\",\"data\":\""u8);
            var data = line.WrittenSpan[..^1];
            Base64.EncodeToUtf8(data, output.GetSpan(Base64.GetMaxEncodedToUtf8Length(data.Length)), out _, out var written);
            output.Advance(written);
            output.Write("\",\"approximateArrivalTimestamp\":1767225600.000},\"eventSource\":\"aws:kinesis\",\"eventVersion\":\"1.0\",\"eventID\":\""u8);
            Ascii(output, $"{Shard}:{number}");
            output.Write("\",\"eventName\":\"aws:kinesis:record\",\"invokeIdentityArn\":\"arn:aws:iam::123456789012:role/lambda-role\",\"awsRegion\":\"us-east-2\",\"eventSourceARN\":\"arn:aws:kinesis:us-east-2:123456789012:stream/iot\"}"u8);
        }

        output.Write("]}"u8);
        return output.WrittenSpan.ToArray();
    }

    private static void Ascii(ArrayBufferWriter<byte> output, string text) => output.Advance(Encoding.ASCII.GetBytes(text, output.GetSpan(text.Length)));
}
