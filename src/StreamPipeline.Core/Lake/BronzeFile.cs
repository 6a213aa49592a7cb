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
    public const string Extension = ".ndjson.zst";

    private const int CompressionLevel = 1;
    private const int LineBytesHeld = 64 << 10;

    // A batch holds 6 MB of payload, or one record of 10 MiB; six bytes a character at worst as JSON text.
    private const int TextBytesMax = 256 << 20;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All), SkipValidation = true };

    public static string Key(string stream, MicroBatch batch, int firstRecord)
    {
        var first = batch.Records[firstRecord];
        var hour = DateTime.UnixEpoch.AddTicks(first.ArrivalTimeUs * 10);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"bronze/{stream}/year={hour:yyyy}/month={hour:MM}/day={hour:dd}/hour={hour:HH}/{batch.Shard}-{first.Sequence}-{batch.Records[^1].Sequence}{Extension}");
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

    /// <summary>Reads the records back, in file order. Of a fault only its reason is kept.</summary>
    /// <param name="content">The whole file.</param>
    /// <param name="name">Its key, for the error text.</param>
    /// <exception cref="InvalidDataException">Cut short, or not what <see cref="Encode"/> writes.</exception>
    public static MicroBatch Decode(byte[] content, string name)
    {
        var text = Inflate(content, name).AsMemory();
        var records = new List<StreamRecord>();
        var shard = "";
        while (text.Length > 0)
        {
            var end = text.Span.IndexOf((byte)'\n');
            if (end < 0)
            {
                throw new InvalidDataException($"bronze file '{name}' is cut short after {records.Count} records");
            }

            records.Add(DecodeLine(text.Span[..end], $"line {records.Count + 1} of bronze file '{name}'", out var recordShard));
            shard = records.Count == 1 || recordShard == shard ? recordShard : throw new InvalidDataException(
                $"bronze file '{name}' holds records of two shards, '{shard}' and '{recordShard}'");
            text = text[(end + 1)..];
        }

        return new MicroBatch(shard, records);
    }

    private static byte[] Inflate(byte[] content, string name)
    {
        try
        {
            using var compressed = new MemoryStream(content);
            using var zstd = new DecompressionStream(compressed);
            using var text = new MemoryStream();
            var buffer = new byte[1 << 16];
            for (int read; (read = zstd.Read(buffer)) > 0;)
            {
                text.Write(buffer, 0, read);
                if (text.Length > TextBytesMax)
                {
                    throw new InvalidDataException($"bronze file '{name}' inflates to more than {TextBytesMax:N0} bytes");
                }
            }

            return text.ToArray();
        }
        catch (Exception error) when (error is ZstdException or EndOfStreamException)
        {
            throw new InvalidDataException($"bronze file '{name}' is damaged: {error.Message}", error);
        }
    }

    private static StreamRecord DecodeLine(ReadOnlySpan<byte> line, string where, out string shard)
    {
        shard = "";
        SequenceNumber? sequence = null;
        long? arrivalUs = null;
        byte[]? data = null;
        RecordFault? fault = null;
        var json = new Utf8JsonReader(line);
        try
        {
            for (json.Read(); json.Read() && json.TokenType == JsonTokenType.PropertyName;)
            {
                var isData = json.ValueTextEquals("data"u8);
                var isBase64 = json.ValueTextEquals("data_base64"u8);
                var member = json.GetString();
                json.Read();
                if (isData)
                {
                    var text = new byte[json.ValueSpan.Length];
                    data = text[..json.CopyString(text)];
                }
                else if (isBase64)
                {
                    data = json.GetBytesFromBase64();
                }
                else if (member == "shard")
                {
                    shard = json.GetString()!;
                }
                else if (member == "sequence")
                {
                    sequence = SequenceNumber.Parse(json.GetString()!);
                }
                else if (member == "arrival")
                {
                    arrivalUs = (json.GetDateTime() - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
                }
                else if (member == "fault")
                {
                    fault = new RecordFault(json.GetString()!, "");
                }
            }
        }
        catch (Exception error) when (error is JsonException or FormatException or InvalidOperationException)
        {
            throw new InvalidDataException($"{where} is no record: {error.Message}", error);
        }

        return sequence is null || arrivalUs is null || data is null
            ? throw new InvalidDataException($"{where} has no sequence, arrival or data")
            : new StreamRecord(sequence.Value, data, arrivalUs.Value, fault);
    }
}
