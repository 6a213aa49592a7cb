using System.Text.Json;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Decoding.Json;

internal sealed class TimestampDecoder(ContractField field)
    : ValueDecoder<FixedColumn<long>>(field, new FixedColumn<long>(field.Arrow.DataType, field.Arrow.IsNullable))
{
    private readonly TextCheck _check = new(field);

    protected override bool DecodeValue(ref Utf8JsonReader reader, RowReading row)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return ViolatesType(ref reader, row);
        }

        var text = row.Text(ref reader);
        if (!Rfc3339.TryParse(text, out var microseconds))
        {
            return row.Violates(ref reader, Field, "format", "an RFC 3339 date-time with offset, such as 2024-02-29T12:30:00Z");
        }

        if (!_check.Passes(text, ref reader, row))
        {
            return false;
        }

        Values.Append(microseconds);
        return true;
    }
}

internal sealed class DateDecoder(ContractField field)
    : ValueDecoder<FixedColumn<int>>(field, new FixedColumn<int>(field.Arrow.DataType, field.Arrow.IsNullable))
{
    private readonly TextCheck _check = new(field);

    protected override bool DecodeValue(ref Utf8JsonReader reader, RowReading row)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return ViolatesType(ref reader, row);
        }

        var text = row.Text(ref reader);
        if (!Rfc3339.TryParseDate(text, out var days))
        {
            return row.Violates(ref reader, Field, "format", "a date such as 2024-02-29");
        }

        if (!_check.Passes(text, ref reader, row))
        {
            return false;
        }

        Values.Append(days);
        return true;
    }
}
