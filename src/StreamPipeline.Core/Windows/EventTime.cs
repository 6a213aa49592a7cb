using Apache.Arrow;
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

    private readonly string _field;
    private readonly int[] _path;
    private readonly long _unitUs;
    private readonly long _maxFutureUs;

    private EventTime(string field, int[] path, long unitUs, long maxFutureUs)
    {
        _field = field;
        _path = path;
        _unitUs = unitUs;
        _maxFutureUs = maxFutureUs;
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
            (ContractKind.Timestamp, null) => 1L,
            (ContractKind.Integer, EpochUnit.Seconds) => 1_000_000L,
            (ContractKind.Integer, EpochUnit.Milliseconds) => 1_000L,
            (ContractKind.Integer, EpochUnit.Microseconds) => 1L,
            _ => 0L,
        };
        if (unitUs == 0)
        {
            var fix = field.Kind switch
            {
                ContractKind.Integer => "say what an integer counts since 1970: eventTime.unit: s, ms or us",
                ContractKind.Timestamp => "remove eventTime.unit: a date-time needs none",
                _ => "give the field \"format\": \"date-time\" in the contract, or use an integer field with eventTime.unit",
            };
            problems.Add(at, $"eventTime.field '{name}' is of type {field.Kind.ToString().ToLowerInvariant()} and cannot be read as a time", fix);
            return null;
        }

        return new EventTime(name, ColumnPath.Find(contract.ArrowSchema, name)!, unitUs, settings.EventTime.MaxFuture.Ticks / 10);
    }

    /// <summary>Fills in the event times. Returns the rows that have a possible one, or null when all have.</summary>
    public int[]? Judge(EventBatch events, List<Rejection> rejections)
    {
        var column = ColumnPath.Resolve(events.Columns, _path, out var parents);
        var values = column switch
        {
            TimestampArray timestamps => timestamps.Values,
            Int64Array integers => integers.Values,
            _ => throw new InvalidOperationException($"event time column is {column.Data.DataType.Name}"),
        };
        List<int>? kept = null;
        for (var row = 0; row < events.Count; row++)
        {
            var fault = Fault(events, row, column, parents, values, out var timeUs);
            if (fault is null)
            {
                events.EventTimesUs[row] = timeUs;
                kept?.Add(row);
                continue;
            }

            kept ??= [.. Enumerable.Range(0, row)];
            rejections.Add(new Rejection(events.Origins[row], fault.Reason, "/" + _field.Replace('.', '/'), fault.Detail));
        }

        return kept?.ToArray();
    }

    private RecordFault? Fault(EventBatch events, int row, IArrowArray column, StructArray[] parents, ReadOnlySpan<long> values, out long timeUs)
    {
        timeUs = 0;
        if (column.IsNull(row) || ColumnPath.AnyNull(parents, row))
        {
            return new RecordFault(QuarantineReason.EventTimeMissing, $"the event time field '{_field}' is null or absent");
        }

        var scaled = (Int128)values[row] * _unitUs;
        if (scaled < UsMin || scaled > UsMax)
        {
            return new RecordFault(QuarantineReason.FutureEventTime, $"event time {values[row]} is outside the years 1 to 9999; is eventTime.unit right?");
        }

        timeUs = (long)scaled;
        var arrivalUs = events.RecordOf(row).ArrivalTimeUs;
        return timeUs - arrivalUs <= _maxFutureUs ? null : new RecordFault(
            QuarantineReason.FutureEventTime,
            $"event time {Iso(timeUs)} is later than arrival {Iso(arrivalUs)} by more than {TimeSpan.FromMicroseconds(_maxFutureUs)}; eventTime.maxFuture sets how much is allowed");
    }

    private static string Iso(long us) =>
        DateTime.UnixEpoch.AddTicks(us * 10).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
