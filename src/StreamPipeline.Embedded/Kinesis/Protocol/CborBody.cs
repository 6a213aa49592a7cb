using System.Buffers;
using System.Formats.Cbor;
using System.Text.Json;

namespace StreamPipeline.Embedded.Kinesis.Protocol;

/// <summary>
/// The CBOR that AWS' Java SDKs speak to Kinesis (<c>application/x-amz-cbor-1.1</c>), put into the JSON of the same members and back, so that
/// there is one model of requests. Blobs are byte strings there; timestamps carry tag 1 and are milliseconds, where JSON has seconds.
/// </summary>
internal static class CborBody
{
    private const int DepthMax = 16;

    /// <exception cref="CborContentException">It is not CBOR, or not what a request is made of.</exception>
    public static ReadOnlyMemory<byte> ToJson(ReadOnlyMemory<byte> cbor)
    {
        var buffer = new ArrayBufferWriter<byte>(Math.Max(256, cbor.Length + (cbor.Length / 2)));
        using var json = new Utf8JsonWriter(buffer);
        var reader = new CborReader(cbor, CborConformanceMode.Lax);
        try
        {
            CopyValue(reader, json, 0);
        }
        catch (Exception error) when (error is InvalidOperationException or OverflowException or ArgumentException)
        {
            throw new CborContentException(error.Message, error);
        }

        json.Flush();
        return buffer.WrittenMemory;
    }

    /// <param name="json">An answer of ours.</param>
    public static byte[] FromJson(ReadOnlySpan<byte> json)
    {
        var writer = new CborWriter(CborConformanceMode.Lax, convertIndefiniteLengthEncodings: false);
        var reader = new Utf8JsonReader(json);
        var name = "";
        while (reader.Read())
        {
            name = WriteToken(ref reader, writer, name);
        }

        return writer.Encode();
    }

    private static void CopyValue(CborReader cbor, Utf8JsonWriter json, int depth)
    {
        if (depth > DepthMax)
        {
            throw new CborContentException($"it is nested deeper than {DepthMax}");
        }

        switch (cbor.PeekState())
        {
            case CborReaderState.StartMap:
                CopyMap(cbor, json, depth);
                break;
            case CborReaderState.StartArray:
                cbor.ReadStartArray();
                json.WriteStartArray();
                while (cbor.PeekState() != CborReaderState.EndArray)
                {
                    CopyValue(cbor, json, depth + 1);
                }

                cbor.ReadEndArray();
                json.WriteEndArray();
                break;
            case CborReaderState.TextString or CborReaderState.StartIndefiniteLengthTextString:
                json.WriteStringValue(cbor.ReadTextString());
                break;
            case CborReaderState.ByteString or CborReaderState.StartIndefiniteLengthByteString:
                json.WriteBase64StringValue(cbor.ReadByteString());
                break;
            case CborReaderState.UnsignedInteger or CborReaderState.NegativeInteger:
                json.WriteNumberValue(cbor.ReadInt64());
                break;
            case CborReaderState.HalfPrecisionFloat or CborReaderState.SinglePrecisionFloat or CborReaderState.DoublePrecisionFloat:
                json.WriteNumberValue(cbor.ReadDouble());
                break;
            case CborReaderState.Boolean:
                json.WriteBooleanValue(cbor.ReadBoolean());
                break;
            case CborReaderState.Null:
                cbor.ReadNull();
                json.WriteNullValue();
                break;
            case CborReaderState.Tag:
                CopyTimestamp(cbor, json);
                break;
            case var state:
                throw new CborContentException($"{state} is not part of any request");
        }
    }

    private static void CopyMap(CborReader cbor, Utf8JsonWriter json, int depth)
    {
        cbor.ReadStartMap();
        json.WriteStartObject();
        while (cbor.PeekState() != CborReaderState.EndMap)
        {
            json.WritePropertyName(cbor.ReadTextString());
            CopyValue(cbor, json, depth + 1);
        }

        cbor.ReadEndMap();
        json.WriteEndObject();
    }

    private static void CopyTimestamp(CborReader cbor, Utf8JsonWriter json)
    {
        if (cbor.ReadTag() != CborTag.UnixTimeSeconds)
        {
            throw new CborContentException("a tag other than 1, of timestamps, is not part of any request");
        }

        var milliseconds = cbor.PeekState() is CborReaderState.UnsignedInteger or CborReaderState.NegativeInteger ? cbor.ReadInt64() : cbor.ReadDouble();
        json.WriteNumberValue(milliseconds / 1000);
    }

    /// <summary>Returns the name of the member whose value is next.</summary>
    private static string WriteToken(ref Utf8JsonReader json, CborWriter cbor, string name)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.StartObject:
                cbor.WriteStartMap(null);
                break;
            case JsonTokenType.EndObject:
                cbor.WriteEndMap();
                break;
            case JsonTokenType.StartArray:
                cbor.WriteStartArray(null);
                break;
            case JsonTokenType.EndArray:
                cbor.WriteEndArray();
                break;
            case JsonTokenType.PropertyName:
                name = json.GetString()!;
                cbor.WriteTextString(name);
                break;
            case JsonTokenType.String when name == "Data":
                cbor.WriteByteString(json.GetBytesFromBase64());
                break;
            case JsonTokenType.String:
                cbor.WriteTextString(json.GetString()!);
                break;
            case JsonTokenType.Number when name is "ApproximateArrivalTimestamp" or "StreamCreationTimestamp":
                cbor.WriteTag(CborTag.UnixTimeSeconds);
                cbor.WriteInt64((long)Math.Round(json.GetDouble() * 1000));
                break;
            case JsonTokenType.Number:
                cbor.WriteInt64(json.GetInt64());
                break;
            case JsonTokenType.True or JsonTokenType.False:
                cbor.WriteBoolean(json.GetBoolean());
                break;
            default:
                cbor.WriteNull();
                break;
        }

        return name;
    }
}
