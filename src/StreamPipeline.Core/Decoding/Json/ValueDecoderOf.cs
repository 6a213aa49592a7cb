using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Decoding.Json;

/// <summary>A decoder that knows its column's type.</summary>
internal abstract class ValueDecoder<TColumn>(ContractField field, TColumn column) : ValueDecoder(field, column)
    where TColumn : Column
{
    protected TColumn Values => column;
}
