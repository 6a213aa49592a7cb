using System.Text;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// A Thrift struct as a tree of fields: just enough of the compact protocol to read a Parquet footer, change it and write it
/// again. Cold path: once per file. Source: thrift-compact-protocol.md in apache/thrift.
/// </summary>
internal sealed class ThriftStruct
{
    /// <summary>Field id → value: <see cref="bool"/>, <see cref="sbyte"/>, <see cref="short"/>, <see cref="int"/>, <see cref="long"/>,
    /// <see cref="double"/>, <c>byte[]</c>, <see cref="ThriftList"/> or <see cref="ThriftStruct"/>.</summary>
    private readonly SortedDictionary<short, object> _fields = [];

    public IReadOnlyDictionary<short, object> Fields => _fields;

    public object? this[short id]
    {
        get => _fields.GetValueOrDefault(id);
        set
        {
            if (value is null)
            {
                _fields.Remove(id);
            }
            else
            {
                _fields[id] = value;
            }
        }
    }

    public int? Int(short id) => this[id] as int?;

    public string Text(short id) => this[id] is byte[] bytes ? Encoding.UTF8.GetString(bytes) : "";

    public IReadOnlyList<object> List(short id) => this[id] is ThriftList list ? list.Items : [];

    public ThriftStruct? Struct(short id) => this[id] as ThriftStruct;
}

/// <param name="ElementType">Compact-protocol type of the elements.</param>
/// <param name="Items">Elements, all of that type.</param>
internal sealed record ThriftList(ThriftType ElementType, List<object> Items);

internal enum ThriftType : byte
{
    Stop = 0,
    True = 1,
    False = 2,
    Byte = 3,
    Int16 = 4,
    Int32 = 5,
    Int64 = 6,
    Double = 7,
    Binary = 8,
    List = 9,
    Set = 10,
    Map = 11,
    Struct = 12,
}
