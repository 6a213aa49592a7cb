using System.Runtime.CompilerServices;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Decoding.Compiled;

internal sealed unsafe class TextPlan<TVector>(ContractField field, Utf8Column column) : ValuePlan(column, field.Nullable)
    where TVector : struct, IByteVector
{
    private readonly TextRule? _rule = TextRule.Of(field);

    public override byte* Read(byte* at, PlanRow row)
    {
        if (*at != '"')
        {
            return ReadNull(at);
        }

        var text = at + 1;
        var end = TextScan<TVector>.Special(text);
        if (*end != '"')
        {
            return ReadEscaped(text, end, row);
        }

        return Append(text, (int)(end - text), row) ? end + 1 : null;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private byte* ReadEscaped(byte* text, byte* special, PlanRow row)
    {
        var end = EscapedText<TVector>.Read(text, special, row, out var length);
        return end != null && Append(row.Text(length), length, row) ? end + 1 : null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Append(byte* text, int length, PlanRow row)
    {
        if (_rule is { } rule && !rule.Allows(text, length, row))
        {
            return false;
        }

        ref var room = ref column.Room(length + PlanRow.Slack);
        if (length <= TVector.Width)
        {
            TVector.Copy(text, ref room);
        }
        else
        {
            Unsafe.CopyBlockUnaligned(ref room, ref *text, (uint)length);
        }

        column.Commit(length);
        return true;
    }
}

internal sealed unsafe class TimestampPlan<TVector>(ContractField field, FixedColumn<long> column) : ValuePlan(column, field.Nullable)
    where TVector : struct, IByteVector
{
    private readonly TextRule? _rule = TextRule.Of(field);
    private readonly TimestampText _text = new();

    public override byte* Read(byte* at, PlanRow row)
    {
        if (*at != '"')
        {
            return ReadNull(at);
        }

        var text = at + 1;
        var end = TextScan<TVector>.Special(text);
        var length = (int)(end - text);
        if (*end != '"')
        {
            end = EscapedText<TVector>.Read(text, end, row, out length);
            text = row.Text(length);
        }

        if (end == null || !_text.TryParse(text, length, out var microseconds) || !(_rule?.Allows(text, length, row) ?? true))
        {
            return null;
        }

        column.Append(microseconds);
        return end + 1;
    }
}

internal sealed unsafe class DatePlan<TVector>(ContractField field, FixedColumn<int> column) : ValuePlan(column, field.Nullable)
    where TVector : struct, IByteVector
{
    private readonly TextRule? _rule = TextRule.Of(field);

    public override byte* Read(byte* at, PlanRow row)
    {
        if (*at != '"')
        {
            return ReadNull(at);
        }

        var text = at + 1;
        var end = TextScan<TVector>.Special(text);
        var length = (int)(end - text);
        if (*end != '"')
        {
            end = EscapedText<TVector>.Read(text, end, row, out length);
            text = row.Text(length);
        }

        if (end == null
            || !Rfc3339.TryParseDate(new ReadOnlySpan<byte>(text, length), out var days)
            || !(_rule?.Allows(text, length, row) ?? true))
        {
            return null;
        }

        column.Append(days);
        return end + 1;
    }
}
