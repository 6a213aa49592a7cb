using System.Text.Json;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Decoding.Json;

internal sealed class ObjectDecoder : ValueDecoder<StructColumn>
{
    private readonly ValueDecoder[] _children;
    private readonly MemberTable _table;

    public ObjectDecoder(ContractField field)
        : this(field, [.. field.Children.Select(For)])
    {
    }

    private ObjectDecoder(ContractField field, ValueDecoder[] children)
        : base(field, new StructColumn(field.Arrow.DataType, field.Arrow.IsNullable, [.. children.Select(child => child.Column)]))
    {
        _children = children;
        _table = new MemberTable(field.Children.Select(child => child.Name));
    }

    public StructColumn Struct => Values;

    /// <summary>One per field, in their order.</summary>
    public IReadOnlyList<ValueDecoder> Members => _children;

    protected override bool DecodeValue(ref Utf8JsonReader reader, RowReading row)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return ViolatesType(ref reader, row);
        }

        var start = (int)reader.TokenStartIndex;
        var guess = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var index = _table.Find(row.Text(ref reader), guess);
            if (index < 0)
            {
                if (!KeepUnknown(ref reader, row))
                {
                    return false;
                }
            }
            else
            {
                guess = index + 1;
                if (!DecodeMember(_children[index], ref reader, row))
                {
                    return false;
                }
            }
        }

        return Complete(start, row);
    }

    private static bool DecodeMember(ValueDecoder child, ref Utf8JsonReader reader, RowReading row)
    {
        if (!child.IsContainer)
        {
            reader.Read();
            return child.Decode(ref reader, row);
        }

        row.Extra.Enter((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
        reader.Read();
        if (!child.Decode(ref reader, row))
        {
            return false;
        }

        row.Extra.Leave();
        return true;
    }

    private bool KeepUnknown(ref Utf8JsonReader reader, RowReading row)
    {
        if (!Field.AllowsUnknown)
        {
            return row.ViolatesAdditional(ref reader);
        }

        var nameStart = (int)reader.TokenStartIndex + 1;
        var nameLength = reader.ValueSpan.Length;
        reader.Read();
        var valueStart = (int)reader.TokenStartIndex;
        reader.Skip();
        var document = row.Document.Span;
        row.Extra.Add(document, nameStart, nameLength, document[valueStart..(int)reader.BytesConsumed]);
        return true;
    }

    /// <summary>Adds nulls for absent members, which are those whose column did not grow: names are unique in an object.</summary>
    private bool Complete(int start, RowReading row)
    {
        var before = Values.Count;
        foreach (var child in _children)
        {
            if (child.Column.Count == before)
            {
                if (child.Field.Required)
                {
                    return row.ViolatesRequired(start, child.Field.Name);
                }

                child.Column.AppendNull();
            }
        }

        Values.Close();
        return true;
    }
}

internal sealed class ListDecoder : ValueDecoder<ListColumn>
{
    private readonly ValueDecoder _item;

    public ListDecoder(ContractField field)
        : this(field, For(field.Item!))
    {
    }

    private ListDecoder(ContractField field, ValueDecoder item)
        : base(field, new ListColumn(field.Arrow.DataType, field.Arrow.IsNullable, item.Column)) => _item = item;

    public ValueDecoder Item => _item;

    protected override bool DecodeValue(ref Utf8JsonReader reader, RowReading row)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return ViolatesType(ref reader, row);
        }

        var start = (int)reader.TokenStartIndex;
        var count = 0;
        for (; reader.Read() && reader.TokenType != JsonTokenType.EndArray; count++)
        {
            if (count == Field.ItemsMax)
            {
                return row.ViolatesCount(start, $"more than {count} items", "maxItems", $"at most {count}");
            }

            if (!DecodeItem(count, ref reader, row))
            {
                return false;
            }
        }

        if (count < Field.ItemsMin)
        {
            return row.ViolatesCount(start, $"{count} items", "minItems", $"at least {Field.ItemsMin}");
        }

        Values.Close();
        return true;
    }

    private bool DecodeItem(int index, ref Utf8JsonReader reader, RowReading row)
    {
        if (!_item.IsContainer)
        {
            return _item.Decode(ref reader, row);
        }

        row.Extra.EnterItem(index);
        if (!_item.Decode(ref reader, row))
        {
            return false;
        }

        row.Extra.Leave();
        return true;
    }
}
