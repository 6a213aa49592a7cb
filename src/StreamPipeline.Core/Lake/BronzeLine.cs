using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// A raw record as a line of bronze: <c>{"shard":…,"sequence":…,"arrival":…,"data":…}</c>, with <c>data_base64</c> in place of <c>data</c> when it is not UTF-8,
/// and <c>fault</c> when the source could not deliver the record whole. It has all that is needed to run the record again.
/// </summary>
public readonly record struct BronzeLine(string Shard, StreamRecord Record)
{
    /// <summary>Bytes of a line beside shard, data and fault: names, 57 digits, a time, quotes, colons and commas.</summary>
    private const int FrameBytes = 192;

    /// <summary>Appends the line with its line feed.</summary>
    /// <param name="lines">Receives it.</param>
    /// <param name="shard">Shard id.</param>
    /// <param name="record">At most 10 MiB of data.</param>
    public static void Write(IBufferWriter<byte> lines, string shard, in StreamRecord record)
    {
        var data = record.Data.Span;
        var isText = Utf8.IsValid(data);
        var output = lines.GetSpan(FrameBytes + (shard.Length * JsonText.EscapeBytesMax) + (isText ? JsonText.RoomFor(data) : Base64.GetMaxEncodedToUtf8Length(data.Length)));
        var at = Append(output, 0, "{\"shard\":\""u8);
        Span<byte> name = stackalloc byte[256];
        var shardBytes = Encoding.UTF8.TryGetBytes(shard, name, out var written) ? name[..written] : Encoding.UTF8.GetBytes(shard);
        at += JsonText.Escape(shardBytes, output[at..]);
        at = Append(output, at, "\",\"sequence\":\""u8);
        at += record.Sequence.Format(output[at..]);
        at = Append(output, at, "\",\"arrival\":\""u8);
        Utf8Formatter.TryFormat(DateTime.UnixEpoch.AddTicks(record.ArrivalTimeUs * 10), output[at..], out written, 'O');
        at += written;
        if (isText)
        {
            at = Append(output, at, "\",\"data\":\""u8);
            at += JsonText.Escape(data, output[at..]);
        }
        else
        {
            at = Append(output, at, "\",\"data_base64\":\""u8);
            Base64.EncodeToUtf8(data, output[at..], out _, out written);
            at += written;
        }

        output[at++] = (byte)'"';
        lines.Advance(at);
        WriteEnd(lines, record.Fault);
    }

    private static void WriteEnd(IBufferWriter<byte> lines, RecordFault? fault)
    {
        if (fault is not null)
        {
            // One of the names in QuarantineReason: nothing to escape.
            lines.Write(",\"fault\":\""u8);
            lines.Write(Encoding.UTF8.GetBytes(fault.Reason));
            lines.Write("\""u8);
        }

        lines.Write("}\n"u8);
    }

    private static int Append(Span<byte> output, int at, ReadOnlySpan<byte> text)
    {
        text.CopyTo(output[at..]);
        return at + text.Length;
    }

    /// <summary>Reads a line back. Of a fault only its reason is kept.</summary>
    /// <param name="line">Without its line feed.</param>
    /// <param name="where">For the error text.</param>
    /// <exception cref="InvalidDataException">It is not what <see cref="Write"/> writes.</exception>
    public static BronzeLine Read(ReadOnlySpan<byte> line, string where)
    {
        var shard = "";
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
            : new BronzeLine(shard, new StreamRecord(sequence.Value, data, arrivalUs.Value, fault));
    }
}
