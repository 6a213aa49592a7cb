using System.Text.Json;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Decoding.Json;

internal sealed class TextDecoder(ContractField field) : ValueDecoder<Utf8Column>(field, new Utf8Column(field.Arrow.IsNullable))
{
    private readonly TextCheck _check = new(field);

    protected override bool DecodeValue(ref Utf8JsonReader reader, RowReading row)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return ViolatesType(ref reader, row);
        }

        var text = row.Text(ref reader);
        if (!_check.Passes(text, ref reader, row))
        {
            return false;
        }

        Values.Append(text);
        return true;
    }
}
