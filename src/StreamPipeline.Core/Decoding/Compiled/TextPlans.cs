using System.Runtime.CompilerServices;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Decoding.Compiled;

internal sealed unsafe class TextPlan<TVector>(ContractField field, Utf8Column column) : ValuePlan(column, field.Nullable)
    where TVector : struct, IByteVector
{
    private readonly TextRule? _rule = TextRule.Of(field);

    /// <summary>Texts of so many bytes, and up to so many more, are allowed whatever they say.</summary>
    private readonly int _bytesMin = TextRule.FreeBytes(field).Min;
    private readonly int _bytesMore = TextRule.FreeBytes(field).More;

    private Steady _length = new();

    /// <summary>The plan for a string field.</summary>
    public static ValuePlan For(ContractField field, Utf8Column column)
    {
        var plan = new TextPlan<TVector>(field, column);
        return plan._rule?.IsUuidOnly ?? false ? new UuidPlan(column, field.Nullable, plan) : plan;
    }

    public override byte* Read(byte* at, PlanRow row)
    {
        if (*at != '"')
        {
            return ReadNull(at);
        }

        var text = at + 1;
        var length = TVector.IndexOfSpecial(text);
        if (_length.Is(row) && !_length.IsRight(length, out length))
        {
            return ReadChanged(text, row);
        }

        if (text[length] != '"' || !column.HasRoom(TVector.Width))
        {
            return ReadAny(text, row);
        }

        return (uint)(length - _bytesMin) <= (uint)_bytesMore ? Append(text, length) : ReadRuled(text, length, row);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private byte* ReadRuled(byte* text, int length, PlanRow row) => _rule!.Allows(text, length, row) ? Append(text, length) : null;

    /// <summary>Appends a text of less than a vector, when there is room for that.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* Append(byte* text, int length)
    {
        TVector.Copy(text, ref column.RoomThere());
        column.Commit(length);
        return text + length + 1;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private byte* ReadChanged(byte* text, PlanRow row)
    {
        _length.Note(TVector.IndexOfSpecial(text), row);
        return ReadAny(text, row);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private byte* ReadAny(byte* text, PlanRow row)
    {
        var end = TextScan<TVector>.Special(text, row.Limit);
        var length = (int)(end - text);
        if (*end != '"')
        {
            end = AnyText<TVector>.Read(ref text, end, row, out length);
        }

        return end != null && Append(text, length, row) ? end + 1 : null;
    }

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

/// <summary>A UUID: its end is known, and it is looked at once.</summary>
/// <param name="column">Its column.</param>
/// <param name="nullable">Whether <c>null</c> is a valid value.</param>
/// <param name="any">Reads what does not look like one.</param>
internal sealed unsafe class UuidPlan(Utf8Column column, bool nullable, ValuePlan any) : ValuePlan(column, nullable)
{
    public override byte* Read(byte* at, PlanRow row)
    {
        if (*at != '"' || at[1 + FormatText.UuidBytes] != '"' || !column.HasRoom(FormatText.UuidBytes) || !FormatText.IsUuid(at + 1))
        {
            return any.Read(at, row);
        }

        // Two copies that overlap: 32 bytes, and the last four.
        ref var room = ref column.RoomThere();
        Unsafe.CopyBlockUnaligned(ref room, ref at[1], 32);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref room, 32), Unsafe.ReadUnaligned<uint>(at + 33));
        column.Commit(FormatText.UuidBytes);
        return at + FormatText.UuidBytes + 2;
    }
}

internal sealed unsafe class TimestampPlan<TVector>(ContractField field, FixedColumn<long> column) : ValuePlan(column, field.Nullable)
    where TVector : struct, IByteVector
{
    private readonly TextRule? _rule = TextRule.Of(field);
    private readonly TimestampText _text = new();

    /// <summary>Of the last text. The next one is most often as long: then it is not searched for its end, since whatever parses holds no quote.</summary>
    private int _length = TimestampText.BytesMin;

    public override byte* Read(byte* at, PlanRow row)
    {
        if (*at != '"')
        {
            return ReadNull(at);
        }

        var text = at + 1;
        if (text[TimestampText.BytesUsual] == '"' && _rule is null && _text.TryParseUsual(text, out var usual) && column.TryAppend(usual))
        {
            return text + TimestampText.BytesUsual + 1;
        }

        return ReadOther(text, row);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private byte* ReadOther(byte* text, PlanRow row)
    {
        if (text[_length] == '"' && _text.TryParse(text, _length, out var expected) && (_rule?.Allows(text, _length, row) ?? true))
        {
            column.Append(expected);
            return text + _length + 1;
        }

        var end = TextScan<TVector>.Special(text, row.Limit);
        var length = (int)(end - text);
        if (*end != '"')
        {
            end = AnyText<TVector>.Read(ref text, end, row, out length);
        }

        if (end == null || !_text.TryParse(text, length, out var microseconds) || !(_rule?.Allows(text, length, row) ?? true))
        {
            return null;
        }

        _length = Math.Min(length, TimestampText.BytesUsualMax);
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
        var end = TextScan<TVector>.Special(text, row.Limit);
        var length = (int)(end - text);
        if (*end != '"')
        {
            end = AnyText<TVector>.Read(ref text, end, row, out length);
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
