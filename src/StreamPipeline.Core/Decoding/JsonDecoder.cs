using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using Apache.Arrow;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding.Columns;
using StreamPipeline.Core.Decoding.Compiled;
using StreamPipeline.Core.Decoding.Json;

namespace StreamPipeline.Core.Decoding;

/// <summary>
/// Decodes JSON events into Arrow columns, straight from their bytes. Owns its growing columns until <see cref="Build"/> hands them over; not for
/// use by several threads.
/// <para>
/// Two paths into the same columns. The compiled one (<see cref="CompiledDecoder"/>) reads a document once, from what the contract and earlier
/// events let it expect. Whatever it does not accept goes to the complete one: each document is looked at first
/// (<see cref="DocumentScanner"/>) and decoded second. That one alone decides what is rejected, why, and where a broken document ends; the
/// compiled one never gives another row than it would.
/// </para>
/// <para>
/// A payload is UTF-8 text of JSON documents (RFC 8259) with white space between them or none; a byte order mark before it is skipped.
/// Documents may share a line, and a document may span several. What is not JSON costs its line: the line in which the broken document
/// starts is one rejected event, documents before it on that line included. When the document breaks on a later line than its first,
/// it may have been printed over several: then the rejected event reaches up to the next line that starts with an opening brace, or to the
/// end. Every byte that is not white space is part of exactly one event.
/// </para>
/// <para>
/// One reason per event, the first that applies: <c>invalid_utf8</c>, <c>too_deep</c>, <c>malformed_json</c>, <c>not_an_object</c>,
/// <c>duplicate_key</c>, <c>contract</c>.
/// </para>
/// </summary>
public sealed unsafe class JsonDecoder : IDisposable
{
    private readonly Contract _contract;
    private readonly int _depthMax;
    private readonly int _recordBytesMax;
    private readonly DocumentScanner _scanner;
    private readonly RowReading _row;
    private readonly JsonPointer _pointer;
    private readonly ObjectDecoder _root;
    private readonly CompiledDecoder? _compiled;
    private readonly Utf8Column _extra = new(nullable: true);
    private readonly OriginList _origins = new();

    /// <param name="contract">What events must look like.</param>
    /// <param name="limits">Sizes are the envelope's.</param>
    /// <param name="concealed">Dotted paths of fields whose values must not appear in a rejection's detail: those that are masked.</param>
    public JsonDecoder(Contract contract, DecodeLimits limits, IReadOnlySet<string>? concealed = null)
        : this(contract, limits, concealed, VectorWidths.Best)
    {
    }

    /// <summary>For tests: with <see cref="VectorWidth.None"/> it is the complete path alone.</summary>
    internal JsonDecoder(Contract contract, DecodeLimits limits, IReadOnlySet<string>? concealed, VectorWidth width)
    {
        _contract = contract;
        _depthMax = limits.Depth;
        _recordBytesMax = limits.RecordBytes;
        _scanner = new DocumentScanner(limits.Depth);
        _row = new RowReading(WithParents(concealed ?? new HashSet<string>()));
        _pointer = new JsonPointer(_row.Texts);
        _root = new ObjectDecoder(contract.Root);
        _compiled = CompiledDecoder.Compile(_root, _row, limits.Depth, width);
    }

    /// <summary>Rows appended since the last <see cref="Build"/>.</summary>
    public int RowCount => _origins.Count;

    /// <summary>How many rows the compiled path gave, since the decoder exists.</summary>
    internal long RowsCompiled { get; private set; }

    /// <summary>How many of them had the layout of an earlier one.</summary>
    internal long RowsAlike => _compiled?.RowsAlike ?? 0;

    /// <summary>Decodes the events of one payload; valid ones become rows, others rejections.</summary>
    /// <param name="payload">Must stay as it is while the batch is processed: origins are slices of it.</param>
    /// <param name="record">Index of the record in the micro-batch.</param>
    /// <param name="firstEvent">Index of the payload's first event within the record.</param>
    /// <param name="rejections">Receives one for each event that did not become a row.</param>
    /// <returns>How many events the payload held, rejected ones included: at least 1.</returns>
    public int Append(ReadOnlyMemory<byte> payload, int record, int firstEvent, List<Rejection> rejections) =>
        Append(payload, record, firstEvent, rejections, unread: false);

    /// <param name="payload">Must stay as it is while the batch is processed: origins are slices of it.</param>
    /// <param name="record">Index of the record in the micro-batch.</param>
    /// <param name="firstEvent">Index of the payload's first event within the record.</param>
    /// <param name="rejections">Receives one for each event that did not become a row.</param>
    /// <param name="unread">Whether its first document is known not to be one for the compiled path.</param>
    internal int Append(ReadOnlyMemory<byte> payload, int record, int firstEvent, List<Rejection> rejections, bool unread)
    {
        var text = payload.Span;
        var target = new Target(payload, record, firstEvent, rejections);
        var at = text.StartsWith("\uFEFF"u8) ? 3 : 0;
        var events = 0;
        fixed (byte* start = text)
        {
            _compiled?.Begin(start, payload);
            while (JsonLines.SkipBlank(text, ref at))
            {
                at = AppendLine(target, text, at, unread, ref events);
                unread = false;
            }
        }

        if (events == 0)
        {
            Reject(target, payload, 0, QuarantineReason.Empty, "", payload.IsEmpty ? "the record has no data" : "the record holds only white space");
            return 1;
        }

        return events;
    }

    /// <summary>
    /// Decodes records one after the other as long as each is one document, nothing around it but white space, that the compiled path reads where it lies.
    /// That is what most are; it does for them what <see cref="Append(ReadOnlyMemory{byte}, int, int, List{Rejection})"/> does, without what it takes to do more.
    /// </summary>
    /// <param name="records">Of the micro-batch.</param>
    /// <param name="first">Index of the one to begin with.</param>
    /// <param name="eventsPerRecord">For each record that was decoded it becomes 1.</param>
    /// <param name="unread">Whether the record that is returned begins with a brace and was looked at by the compiled path in vain: that need not be done again.</param>
    /// <returns>Index of the first record that is left; their number: none is.</returns>
    internal int AppendSingles(ReadOnlySpan<StreamRecord> records, int first, Span<int> eventsPerRecord, out bool unread)
    {
        unread = false;
        if (_compiled is null || !MemoryMarshal.TryGetArray(records[first].Data, out var segment) || segment.Array is not { Length: > 0 } array)
        {
            return first;
        }

        // Most often the data of all records are parts of one array, which is pinned once.
        fixed (byte* start = array)
        {
            var limitMax = start + array.Length - _compiled.Padding;
            var index = first;
            for (; index < records.Length; index++)
            {
                ref readonly var record = ref records[index];
                var text = record.Data.Span;
                var document = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(text));
                var limit = document + text.Length;
                if (document < start || limit > limitMax || text.Length == 0 || text.Length > _recordBytesMax || record.Fault is not null)
                {
                    break;
                }

                var rows = _origins.Count;
                var length = _compiled.ReadInPlace(document, limit, rows);
                var at = length;
                if (length == 0 || (length < text.Length && JsonLines.SkipBlank(text, ref at)))
                {
                    unread = length == 0 && *document == '{';
                    TruncateTo(rows);
                    break;
                }

                RowsCompiled++;
                AppendExtra();
                _origins.Add(index, 0, length == text.Length ? record.Data : record.Data[..length]);
                eventsPerRecord[index] = 1;
            }

            return index;
        }
    }

    /// <summary>Hands over what was appended and starts afresh.</summary>
    /// <param name="eventsPerRecord">For each record of the micro-batch, the sum of what <see cref="Append(ReadOnlyMemory{byte}, int, int, List{Rejection})"/> returned for it.</param>
    /// <param name="payloads">Memory of payloads that is given back with the batch.</param>
    /// <returns>The caller disposes it.</returns>
    public DecodedBatch Build(ReadOnlySpan<int> eventsPerRecord, IDisposable? payloads = null)
    {
        var rows = _origins.Count;
        var buffers = new ColumnBuffers();
        var arrays = new List<IArrowArray>(_root.Struct.Children.Length + 1);
        foreach (var column in _root.Struct.Children)
        {
            arrays.Add(ArrowArrayFactory.BuildArray(column.Build(buffers)));
        }

        _extra.AppendNulls(rows - _extra.Count);
        arrays.Add(ArrowArrayFactory.BuildArray(_extra.Build(buffers)));
        _root.Struct.Truncate(0);
        return new DecodedBatch(new RecordBatch(_contract.ArrowSchema, arrays, rows), buffers, _origins.Take(), eventsPerRecord, payloads);
    }

    public void Dispose()
    {
        _scanner.Dispose();
        _row.Dispose();
        _root.Struct.Release();
        _extra.Release();
        _origins.Release();
    }

    /// <summary>
    /// Decodes documents up to the first end of a line behind a whole one, or what is broken. Returns where it stopped.
    /// </summary>
    private int AppendLine(in Target target, ReadOnlySpan<byte> text, int start, bool unread, ref int events)
    {
        var (rowsBefore, rejectionsBefore, eventsBefore) = (_origins.Count, target.Rejections.Count, events);
        var at = start;
        while (true)
        {
            if (!unread && TryAppendCompiled(target, text, at, events) is > 0 and var length)
            {
                events++;
                at += length;
                if (JsonLines.IsLineEnd(text, ref at))
                {
                    return at;
                }

                continue;
            }

            unread = false;
            var scan = _scanner.Scan(text[at..]);
            if (!scan.IsWellFormed)
            {
                // The line is one event: what was accepted or rejected of it before becomes part of that.
                TruncateTo(rowsBefore);
                target.Rejections.RemoveRange(rejectionsBefore, target.Rejections.Count - rejectionsBefore);
                events = eventsBefore + 1;
                var end = JsonLines.DamageEnd(text, at, scan.BreaksLater);
                RejectBroken(target, start, at, end, eventsBefore, scan);
                return end;
            }

            AppendDocument(target, target.Payload.Slice(at, scan.Length), events++, scan);
            at += scan.Length;
            if (JsonLines.IsLineEnd(text, ref at))
            {
                return at;
            }
        }
    }

    /// <summary>Returns the document's length, or 0 when it is left to the complete path.</summary>
    private int TryAppendCompiled(in Target target, ReadOnlySpan<byte> text, int at, int index)
    {
        if (_compiled is null)
        {
            return 0;
        }

        var length = _compiled.Read(text, at, _origins.Count);
        if (length > 0)
        {
            RowsCompiled++;
            AppendExtra();
            _origins.Add(target.Record, target.FirstEvent + index, target.Payload.Slice(at, length));
        }

        return length;
    }

    private void AppendDocument(in Target target, ReadOnlyMemory<byte> document, int index, in DocumentScan scan)
    {
        var text = document.Span;
        if (scan.HalfPairAt >= 0 || !Utf8.IsValid(text))
        {
            var detail = scan.HalfPairAt >= 0 ? $"the string at byte {scan.HalfPairAt + 1} holds half a surrogate pair" : InvalidUtf8.Detail(text);
            Reject(target, document, index, QuarantineReason.InvalidUtf8, scan.HalfPairAt >= 0 ? _pointer.At(text, scan.HalfPairAt) : "", detail);
        }
        else if (scan.TooDeepAt >= 0)
        {
            Reject(target, document, index, QuarantineReason.TooDeep, _pointer.At(text, scan.TooDeepAt), TooDeepDetail());
        }
        else if (!scan.IsObject)
        {
            Reject(target, document, index, QuarantineReason.NotAnObject, "/", _row.Texts.Of($"found {_row.Texts.ExcerptOf(text, 60)}, expected an object: an event is a JSON object"));
        }
        else if (scan.DuplicateAt >= 0)
        {
            Reject(target, document, index, QuarantineReason.DuplicateKey, _pointer.At(text, scan.DuplicateAt), "the object names this member twice");
        }
        else if (!TryAppendRow(document))
        {
            Reject(target, document, index, QuarantineReason.Contract, _pointer.At(text, _row.ViolationAt, _row.Missing), _row.Detail);
        }
        else
        {
            _origins.Add(target.Record, target.FirstEvent + index, document);
        }
    }

    private bool TryAppendRow(ReadOnlyMemory<byte> document)
    {
        _row.Begin(document);
        var reader = new Utf8JsonReader(document.Span, new JsonReaderOptions { MaxDepth = _depthMax });
        reader.Read();
        if (!_root.Decode(ref reader, _row))
        {
            TruncateTo(_origins.Count);
            return false;
        }

        _row.Extra.End();
        AppendExtra();
        return true;
    }

    /// <summary>Most rows have nothing beside the contract: their nulls are added when a later row has, or at the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AppendExtra()
    {
        if (!_row.Extra.IsEmpty)
        {
            AppendSomeExtra();
        }
    }

    private void AppendSomeExtra()
    {
        _extra.AppendNulls(_origins.Count - _extra.Count);
        _extra.Append(_row.Extra.Text);
    }

    private void TruncateTo(int rows)
    {
        _root.Struct.Truncate(rows);
        _extra.Truncate(Math.Min(rows, _extra.Count));
        _origins.Truncate(rows);
    }

    private void RejectBroken(in Target target, int start, int documentAt, int end, int index, DocumentScan scan)
    {
        var raw = target.Payload.Slice(start, JsonLines.TrimmedEnd(target.Payload.Span, end) - start);
        if (start + raw.Length != target.Payload.Length)
        {
            // Looked at by itself: what is said of an event must not depend on what happened to follow it.
            scan = _scanner.Scan(raw.Span[(documentAt - start)..]);
        }

        var breakAt = documentAt - start + scan.BreakAt;
        if (!Utf8.IsValid(raw.Span))
        {
            Reject(target, raw, index, QuarantineReason.InvalidUtf8, "", InvalidUtf8.Detail(raw.Span));
        }
        else if (scan.TooDeepAt >= 0)
        {
            Reject(target, raw, index, QuarantineReason.TooDeep, "", TooDeepDetail());
        }
        else
        {
            var detail = breakAt < raw.Length
                ? _row.Texts.Of($"not JSON at byte {breakAt + 1} of {raw.Length}: {scan.Reason}")
                : _row.Texts.Of($"not JSON: it ends after {raw.Length} bytes, before it is complete");
            Reject(target, raw, index, QuarantineReason.MalformedJson, "", detail);
        }
    }

    private string TooDeepDetail() => $"nested deeper than {_depthMax} levels of objects and arrays (setting 'limits.depth')";

    private static void Reject(in Target target, ReadOnlyMemory<byte> raw, int index, string reason, string ruleOrPath, string detail) =>
        target.Rejections.Add(new Rejection(Origin(target, raw, index), reason, ruleOrPath, detail));

    private static EventOrigin Origin(in Target target, ReadOnlyMemory<byte> raw, int index) =>
        new(target.Record, target.FirstEvent + index, raw);

    /// <summary>What one call of <see cref="Append(ReadOnlyMemory{byte}, int, int, List{Rejection})"/> works on.</summary>
    private readonly record struct Target(
        ReadOnlyMemory<byte> Payload, int Record, int FirstEvent, List<Rejection> Rejections);

    /// <summary>Where an object belongs that has a masked member, a text may stand that is just what that member would hold.</summary>
    private static HashSet<string> WithParents(IReadOnlySet<string> fields)
    {
        var all = new HashSet<string>(fields, StringComparer.Ordinal);
        foreach (var field in fields)
        {
            for (var dot = field.LastIndexOf('.'); dot > 0; dot = field.LastIndexOf('.', dot - 1))
            {
                all.Add(field[..dot]);
            }
        }

        return all;
    }
}
