using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Windows;

/// <summary>
/// Finds each event's time and holds back those without one and those beyond arrival + <c>eventTime.maxFuture</c>, so that one bad
/// clock cannot push the watermark.
/// </summary>
internal sealed class EventTime
{
    /// <summary>0001-01-01 and 9999-12-31T23:59:59.999999Z, what the tables can hold.</summary>
    private const long UsMin = -62_135_596_800_000_000, UsMax = 253_402_300_799_999_999;

    private readonly ColumnPath _column;
    private readonly long _unitUs;
    private readonly long _maxFutureUs;

    /// <summary>Values of the column that are times the tables can hold.</summary>
    private readonly long _valueMin, _valueMax;

    private EventTime(ColumnPath column, long unitUs, long maxFutureUs)
    {
        _column = column;
        _unitUs = unitUs;
        _maxFutureUs = maxFutureUs;
        (_valueMin, _valueMax) = (UsMin / unitUs, UsMax / unitUs);
    }

    public static EventTime? Bind(PipelineSettings settings, Contract contract, ProblemList problems)
    {
        var at = settings.Source.At("eventTime.field");
        var name = settings.EventTime.Field;
        var field = contract.Find(name);
        if (field is null)
        {
            problems.Add(at, $"eventTime.field '{name}' is not in {settings.ContractFile}", "name a date-time field of the contract, nested ones as a.b");
            return null;
        }

        var unitUs = (field.Kind, settings.EventTime.Unit) switch
        {
            (FieldKind.Timestamp, null) => 1L,
            (FieldKind.Integer, EpochUnit.Seconds) => 1_000_000L,
            (FieldKind.Integer, EpochUnit.Milliseconds) => 1_000L,
            (FieldKind.Integer, EpochUnit.Microseconds) => 1L,
            _ => 0L,
        };
        if (unitUs == 0)
        {
            var fix = field.Kind switch
            {
                FieldKind.Integer => "say what an integer counts since 1970: eventTime.unit: s, ms or us",
                FieldKind.Timestamp => "remove eventTime.unit: a date-time needs none",
                _ => "give the field \"format\": \"date-time\" in the contract, or use an integer field with eventTime.unit",
            };
            problems.Add(at, $"eventTime.field '{name}' is of type {field.Kind.ToString().ToLowerInvariant()} and cannot be read as a time", fix);
            return null;
        }

        var column = ColumnPath.FindScalar(contract.ArrowSchema, name, out var message, out _) ?? throw new InvalidOperationException(message);
        return new EventTime(column, unitUs, settings.EventTime.MaxFuture.Ticks / 10);
    }

    /// <summary>Fills in the event times, and leaves out the rows that have no possible one.</summary>
    public void Judge(EventBatch events, List<Rejection> rejections)
    {
        var column = _column.In(events.Columns, events.Buffers);
        var values = column.Longs;
        var times = events.EventTimesUs;
        var arrivals = events.ArrivalsUs;
        List<int>? dropped = null;
        for (var row = 0; row < times.Length; row++)
        {
            var value = values[row];
            if (value >= _valueMin && value <= _valueMax && (value * _unitUs) - arrivals[row] <= _maxFutureUs && !column.IsNull(row))
            {
                times[row] = value * _unitUs;
                continue;
            }

            var fault = Fault(arrivals[row], row, column);
            rejections.Add(new Rejection(events.OriginOf(row), fault.Reason, "/" + string.Join('/', _column.Names), fault.Detail));
            (dropped ??= []).Add(row);
        }

        events.Drop(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(dropped));
    }

    private RecordFault Fault(long arrivalUs, int row, ColumnView column)
    {
        if (column.IsNull(row))
        {
            return new RecordFault(QuarantineReason.EventTimeMissing, $"the event time field '{_column.Text}' is null or absent");
        }

        var value = column.Longs[row];
        return value < _valueMin || value > _valueMax
            ? new RecordFault(QuarantineReason.FutureEventTime, $"event time {value} is outside the years 1 to 9999; is eventTime.unit right?")
            : new RecordFault(
                QuarantineReason.FutureEventTime,
                $"event time {Iso(value * _unitUs)} is later than arrival {Iso(arrivalUs)} by more than {TimeSpan.FromMicroseconds(_maxFutureUs)}; eventTime.maxFuture sets how much is allowed");
    }

    private static string Iso(long us) =>
        DateTime.UnixEpoch.AddTicks(us * 10).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
