using System.Runtime.CompilerServices;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>
/// Reads one field's value from the bytes into its column. It accepts nothing that the complete path would not accept with the same value,
/// and may leave anything to it: then the row is rolled back, and that path decides.
/// </summary>
/// <param name="column">The complete path's own column.</param>
/// <param name="nullable">Whether <c>null</c> is a valid value.</param>
internal abstract unsafe class ValuePlan(Column column, bool nullable)
{
    /// <summary>An object, or a list of such: it may have members beside the contract, and a place of its own in <c>_extra</c>.</summary>
    public virtual bool IsContainer => false;

    /// <param name="at">The value's first byte.</param>
    /// <param name="row">What the plans share.</param>
    /// <returns>Behind the value; null: left to the complete path.</returns>
    public abstract byte* Read(byte* at, PlanRow row);

    /// <summary>For a value that is not of the field's type.</summary>
    protected byte* ReadNull(byte* at)
    {
        if (!nullable || Unsafe.ReadUnaligned<uint>(at) != Literals.Null)
        {
            return null;
        }

        column.AppendNull();
        return at + 4;
    }
}

/// <summary>The bytes of the literals, as little-endian words.</summary>
internal static class Literals
{
    public const uint Null = 0x6C6C_756E;
    public const uint True = 0x6575_7274;
    public const uint Fals = 0x736C_6166;

    /// <summary>A comma and the quote before the next name.</summary>
    public const ushort NextName = 0x222C;

    /// <summary>The quote behind a name and the colon.</summary>
    public const ushort NameEnd = 0x3A22;
}
