using System.Text.Json;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// A raw record as a line of bronze: <c>{"shard":…,"sequence":…,"arrival":…,"data":…}</c>, with <c>data_base64</c> in place of <c>data</c> when it is not UTF-8,
/// and <c>fault</c> when the source could not deliver the record whole. It has all that is needed to run the record again. Written by <see cref="BronzeLines"/>.
/// </summary>
public readonly record struct BronzeLine(string Shard, StreamRecord Record)
{
    /// <summary>Reads a line back. Of a fault only its reason is kept.</summary>
    /// <param name="line">Without its line feed.</param>
    /// <param name="where">For the error text.</param>
    /// <exception cref="InvalidDataException">It is not what <see cref="BronzeLines"/> writes.</exception>
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
