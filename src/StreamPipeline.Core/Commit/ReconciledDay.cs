using System.Globalization;
using System.Text.Json;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Commit;

/// <summary>
/// What a gold table keeps, as a property of its version, about a day whose windows include late records: those windows of the day that were
/// closed by <paramref name="ClosedThroughUs"/> hold every silver row, late or not, of the batches up to <paramref name="Generations"/>. Windows
/// closed later hold only what was on time.
/// </summary>
/// <param name="ClosedThroughUs">The roll head's, when the day was reconciled.</param>
/// <param name="Generations">Shard → generation up to which its batches were read.</param>
public sealed record ReconciledDay(long ClosedThroughUs, IReadOnlyDictionary<string, long> Generations)
{
    /// <summary><c>reconciled:2024-02-29</c>.</summary>
    /// <param name="day">Days since 1970-01-01 of the windows' starts.</param>
    public static string PropertyName(int day) => "reconciled:" + DayText(day);

    /// <summary>Null when the day was never reconciled, or nothing late had to be folded in.</summary>
    public static ReconciledDay? Of(TableSnapshot gold, int day) => gold.Properties.TryGetValue(PropertyName(day), out var json)
        ? JsonSerializer.Deserialize(json, StateJson.Default.ReconciledDay)
        : null;

    /// <summary>All reconciled days of a table, by day since 1970-01-01.</summary>
    internal static Dictionary<int, ReconciledDay> All(TableSnapshot gold)
    {
        const string Prefix = "reconciled:";
        var days = new Dictionary<int, ReconciledDay>();
        foreach (var name in gold.Properties.Keys.Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            if (DateOnly.TryParseExact(name[Prefix.Length..], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
                && date.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber is var day && Of(gold, day) is { } reconciled)
            {
                days[day] = reconciled;
            }
        }

        return days;
    }

    internal string ToJson() => JsonSerializer.Serialize(this, StateJson.Default.ReconciledDay);

    /// <summary><c>2024-02-29</c>.</summary>
    internal static string DayText(int day) =>
        DateOnly.FromDayNumber(day + DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
