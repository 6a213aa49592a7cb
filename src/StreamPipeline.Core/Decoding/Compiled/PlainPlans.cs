using System.Runtime.CompilerServices;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Decoding.Compiled;

internal sealed unsafe class BooleanPlan(ContractField field, BooleanColumn column) : ValuePlan(column, field.Nullable)
{
    private readonly bool _allowsTrue = field.OnlyBoolean ?? true;
    private readonly bool _allowsFalse = !(field.OnlyBoolean ?? false);

    public override byte* Read(byte* at, PlanRow row)
    {
        var word = Unsafe.ReadUnaligned<uint>(at);
        if (word == Literals.True && _allowsTrue)
        {
            column.Append(true);
            return at + 4;
        }

        if (word == Literals.Fals && at[4] == 'e' && _allowsFalse)
        {
            column.Append(false);
            return at + 5;
        }

        return ReadNull(at);
    }
}

/// <summary>Keeps any value as its text, byte for byte.</summary>
internal sealed unsafe class JsonTextPlan<TVector>(ContractField field, Utf8Column column, int level) : ValuePlan(column, field.Nullable)
    where TVector : struct, IByteVector
{
    public override byte* Read(byte* at, PlanRow row)
    {
        if (*at == 'n')
        {
            return ReadNull(at);
        }

        var end = ValueSkip<TVector>.Skip(at, row, level);
        if (end != null)
        {
            column.Append(new ReadOnlySpan<byte>(at, (int)(end - at)));
        }

        return end;
    }
}
