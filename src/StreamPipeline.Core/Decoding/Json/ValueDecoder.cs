using System.Text.Json;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Decoding.Json;

/// <summary>Checks one field's value and appends it to the field's column.</summary>
internal abstract class ValueDecoder(ContractField field, Column column)
{
    public ContractField Field { get; } = field;

    public Column Column => column;

    public bool IsContainer { get; } = field.Kind is FieldKind.Object or FieldKind.List;

    /// <summary>A decoder for the field, with everything below it.</summary>
    public static ValueDecoder For(ContractField field) => field.Kind switch
    {
        FieldKind.String => new TextDecoder(field),
        FieldKind.Timestamp => new TimestampDecoder(field),
        FieldKind.Date => new DateDecoder(field),
        FieldKind.Integer => new IntegerDecoder(field),
        FieldKind.Number => new NumberDecoder(field),
        FieldKind.Boolean => new BooleanDecoder(field),
        FieldKind.Json => new JsonTextDecoder(field),
        FieldKind.Object => new ObjectDecoder(field),
        _ => new ListDecoder(field),
    };

    /// <summary>
    /// Reads the value at the reader's token and leaves the reader at its last token. False when it violates the contract: the row's
    /// violation is noted, and the caller truncates what was appended.
    /// </summary>
    public bool Decode(ref Utf8JsonReader reader, RowReading row)
    {
        if (reader.TokenType != JsonTokenType.Null)
        {
            return DecodeValue(ref reader, row);
        }

        if (!Field.Nullable)
        {
            return Field.AllowedValues is { TypeHasNull: true } values
                ? row.Violates(ref reader, Field, values.Keyword, values.Shown)
                : row.Violates(ref reader, Field, "type", $"{SchemaKeywords.TypeName(Field.Kind)}; null is not allowed");
        }

        column.AppendNull();
        return true;
    }

    protected abstract bool DecodeValue(ref Utf8JsonReader reader, RowReading row);

    protected bool ViolatesType(ref Utf8JsonReader reader, RowReading row) =>
        row.Violates(ref reader, Field, "type", SchemaKeywords.TypeName(Field.Kind));
}
