using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding.Columns;
using StreamPipeline.Core.Decoding.Json;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>
/// The contract compiled to plans that read documents straight into the complete path's columns. It looks at each byte once, where it is when the
/// memory goes on behind the payload. What it does not
/// accept is not judged: the caller rolls the row back and asks the complete path.
/// </summary>
internal sealed unsafe class CompiledDecoder
{
    private readonly ObjectPlan _root;
    private readonly DocumentLayout _layout;
    private readonly StructColumn _columns;
    private readonly PlanRow _row;
    private readonly PaddedWindow _window;

    private readonly int _padding;
    private byte* _payload;

    private CompiledDecoder(ObjectPlan root, StructColumn columns, PlanRow row, int nameBytesMax)
    {
        _root = root;
        _layout = new DocumentLayout(root);
        _columns = columns;
        _row = row;

        // How far a read may start behind the text's end, and then reach. Whatever loops looks at the limit in each round, and a round goes on by at most a
        // name with its quotes and colon, a vector of text, and the digits of a number.
        _padding = nameBytesMax + (4 * PlanRow.Slack);
        _window = new PaddedWindow(_padding);
    }

    /// <param name="root">The complete path's decoder of whole events, whose columns are shared.</param>
    /// <param name="reading">Its scratch memory.</param>
    /// <param name="depthMax">Deepest nesting of objects and arrays.</param>
    /// <param name="width">Null for <see cref="VectorWidth.None"/>.</param>
    public static CompiledDecoder? Compile(ObjectDecoder root, RowReading reading, int depthMax, VectorWidth width)
    {
        var plan = width switch
        {
            VectorWidth.None => null,
            VectorWidth.Bytes8 => PlanBuilder<Bytes8>.Build(root, 1),
            VectorWidth.Bytes16 => PlanBuilder<Bytes16>.Build(root, 1),
            VectorWidth.Bytes32 => PlanBuilder<Bytes32>.Build(root, 1),
            _ => PlanBuilder<Bytes64>.Build(root, 1),
        };
        return plan is null ? null : new CompiledDecoder((ObjectPlan)plan, root.Struct, new PlanRow(reading, depthMax), NameBytesMax(root.Field));
    }

    /// <summary>Starts a payload, which stays where it is until the next one.</summary>
    /// <param name="start">Its first byte, pinned.</param>
    /// <param name="payload">Read in place when enough of the same memory follows, whatever that is.</param>
    public void Begin(byte* start, ReadOnlyMemory<byte> payload)
    {
        var follows = MemoryMarshal.TryGetArray(payload, out var part) ? part.Array!.Length - part.Offset - part.Count : 0;
        _payload = follows >= _padding ? start : null;
        _window.Reset();
    }

    /// <summary>Reads the document at <paramref name="at"/> into one more row of the columns.</summary>
    /// <param name="payload">The same since <see cref="Begin"/>.</param>
    /// <param name="at">A byte that is not white space.</param>
    /// <param name="rows">Rows in the columns; after a document that was not read they are as many again.</param>
    /// <returns>Bytes of the document; 0: left to the complete path.</returns>
    public int Read(ReadOnlySpan<byte> payload, int at, int rows)
    {
        if (payload[at] != '{')
        {
            return 0;
        }

        if (_payload != null)
        {
            var length = ReadAt(_payload + at, _payload + payload.Length, rows);
            if (length == 0)
            {
                _columns.Truncate(rows);
            }

            return length;
        }

        var document = _window.At(payload, at);
        while (true)
        {
            var length = ReadAt(document, _window.Limit, rows);
            if (length > 0)
            {
                _window.Note(length);
                return length;
            }

            _columns.Truncate(rows);
            if (!_window.MayBeCut(payload, document) || (_window.IsStart(document) && !_window.TryGrow()))
            {
                return 0;
            }

            document = _window.Fill(payload, at);
        }
    }

    /// <summary>How many documents were like an earlier one but for their values.</summary>
    public long RowsAlike => _layout.Rows;

    /// <summary>Bytes behind a text that have to be readable for <see cref="ReadInPlace"/>.</summary>
    public int Padding => _padding;

    /// <summary>As <see cref="Read"/>, without <see cref="Begin"/>: for a text that stays where it is until this returns.</summary>
    /// <param name="document">A byte that is not white space.</param>
    /// <param name="limit">The text's end; <see cref="Padding"/> bytes of the same memory follow.</param>
    /// <param name="rows">Rows in the columns; after a document that was not read they are as many again.</param>
    public int ReadInPlace(byte* document, byte* limit, int rows)
    {
        var length = *document == '{' ? ReadAt(document, limit, rows) : 0;
        if (length == 0)
        {
            _columns.Truncate(rows);
        }

        return length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int ReadAt(byte* document, byte* limit, int rows)
    {
        _row.Begin(document, limit);
        var end = _layout.Read(document, _row);
        if (end == null)
        {
            end = ReadOther(document, rows);
        }

        // What lies behind the limit is not the payload's: a document that ends there was read from bytes that are not its own.
        if (end == null || end > limit)
        {
            return 0;
        }

        _row.End();
        return (int)(end - document);
    }

    /// <summary>Reads a document whose layout is not known.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private byte* ReadOther(byte* document, int rows)
    {
        if (_layout.LeftValues)
        {
            // From the beginning: of what it may have read nothing is left, in the columns or beside them.
            _columns.Truncate(rows);
            _row.Begin(document, _row.Limit);
        }

        var end = _root.Read(document, _row);
        _layout.Missed(end == null || end > _row.Limit ? [] : new ReadOnlySpan<byte>(document, (int)(end - document)));
        return end;
    }

    private static int NameBytesMax(ContractField field)
    {
        var longest = 3 * field.Name.Length;
        foreach (var child in field.Item is { } item ? [item] : field.Children)
        {
            longest = Math.Max(longest, NameBytesMax(child));
        }

        return longest;
    }
}

/// <summary>A plan beside each of the complete path's decoders, over the same column.</summary>
internal static class PlanBuilder<TVector>
    where TVector : struct, IByteVector
{
    /// <param name="decoder">The complete path's.</param>
    /// <param name="level">The value's depth should it be a container; the document's is 1.</param>
    public static ValuePlan Build(ValueDecoder decoder, int level)
    {
        var field = decoder.Field;
        return decoder switch
        {
            ObjectDecoder value => new ObjectPlan<TVector>(field, value.Struct, [.. value.Members.Select(child => Build(child, level + 1))], level),
            ListDecoder value => new ListPlan(field, (ListColumn)value.Column, Build(value.Item, level + 1), level),
            TextDecoder value => TextPlan<TVector>.For(field, (Utf8Column)value.Column),
            TimestampDecoder value => new TimestampPlan<TVector>(field, (FixedColumn<long>)value.Column),
            DateDecoder value => new DatePlan<TVector>(field, (FixedColumn<int>)value.Column),
            IntegerDecoder value => new IntegerPlan(field, (FixedColumn<long>)value.Column),
            NumberDecoder value => new NumberPlan(field, (FixedColumn<double>)value.Column),
            BooleanDecoder value => new BooleanPlan(field, (BooleanColumn)value.Column),
            _ => new JsonTextPlan<TVector>(field, (Utf8Column)decoder.Column, level),
        };
    }
}
