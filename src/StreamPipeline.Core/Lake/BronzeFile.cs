using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using StreamPipeline.Core.Decoding;
using ZstdSharp;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// A bronze file: the raw records of a batch as zstd-compressed NDJSON, one line a record:
/// <c>{"shard":…,"sequence":…,"arrival":…,"data":…}</c>, with <c>data_base64</c> in place of <c>data</c> when it is not UTF-8,
/// and <c>fault</c> when the source could not deliver the record whole. Its name says the records it holds, so a batch that is
/// written again after a crash replaces the same file.
/// </summary>
internal static class BronzeFile
{
    private const int CompressionLevel = 1;
    private const int LineBytesHeld = 64 << 10;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All), SkipValidation = true };

    public static string Key(string stream, MicroBatch batch, int firstRecord)
    {
        var first = batch.Records[firstRecord];
        var hour = DateTime.UnixEpoch.AddTicks(first.ArrivalTimeUs * 10);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"bronze/{stream}/year={hour:yyyy}/month={hour:MM}/day={hour:dd}/hour={hour:HH}/{batch.Shard}-{first.Sequence}-{batch.Records[^1].Sequence}.ndjson.zst");
    }

    /// <summary>The records from <paramref name="firstRecord"/> on.</summary>
    public static ReadOnlyMemory<byte> Encode(MicroBatch batch, int firstRecord)
    {
        using var compressed = new MemoryStream();
        using (var zstd = new CompressionStream(compressed, CompressionLevel, leaveOpen: true))
        {
            // A block of lines at a time: a flush per line would end a zstd block per line.
            var lines = new ArrayBufferWriter<byte>(LineBytesHeld + (LineBytesHeld / 4));
            using var json = new Utf8JsonWriter(lines, Options);
            for (var i = firstRecord; i < batch.Records.Count; i++)
            {
                Write(json, batch.Shard, batch.Records[i]);
                json.Flush();
                json.Reset();
                lines.Write("\n"u8);
                if (lines.WrittenCount >= LineBytesHeld)
                {
                    zstd.Write(lines.WrittenSpan);
                    lines.ResetWrittenCount();
                }
            }

            zstd.Write(lines.WrittenSpan);
        }

        return compressed.GetBuffer().AsMemory(0, (int)compressed.Length);
    }

    private static void Write(Utf8JsonWriter json, string shard, StreamRecord record)
    {
        Span<byte> sequence = stackalloc byte[SequenceNumber.DigitsMax + 1];
        json.WriteStartObject();
        json.WriteString("shard"u8, shard);
        json.WriteString("sequence"u8, sequence[..record.Sequence.Format(sequence)]);
        json.WriteString("arrival"u8, DateTime.UnixEpoch.AddTicks(record.ArrivalTimeUs * 10));
        if (Utf8.IsValid(record.Data.Span))
        {
            json.WriteString("data"u8, record.Data.Span);
        }
        else
        {
            json.WriteBase64String("data_base64"u8, record.Data.Span);
        }

        if (record.Fault is { } fault)
        {
            json.WriteString("fault"u8, fault.Reason);
        }

        json.WriteEndObject();
    }
}
