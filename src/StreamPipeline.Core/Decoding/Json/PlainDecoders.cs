using System.Text.Json;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Decoding.Json;

internal sealed class BooleanDecoder(ContractField field) : ValueDecoder<BooleanColumn>(field, new BooleanColumn(field.Arrow.IsNullable))
{
    protected override bool DecodeValue(ref Utf8JsonReader reader, RowReading row)
    {
        if (reader.TokenType is not (JsonTokenType.True or JsonTokenType.False))
        {
            return ViolatesType(ref reader, row);
        }

        var value = reader.TokenType == JsonTokenType.True;
        if (Field.OnlyBoolean is { } only && only != value)
        {
            return row.Violates(ref reader, Field, Field.AllowedValues!.Keyword, only ? "true" : "false");
        }

        Values.Append(value);
        return true;
    }
}

/// <summary>Keeps any value as its text, byte for byte.</summary>
internal sealed class JsonTextDecoder(ContractField field) : ValueDecoder<Utf8Column>(field, new Utf8Column(field.Arrow.IsNullable))
{
    protected override bool DecodeValue(ref Utf8JsonReader reader, RowReading row)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        Values.Append(row.Document.Span[start..(int)reader.BytesConsumed]);
        return true;
    }
}
