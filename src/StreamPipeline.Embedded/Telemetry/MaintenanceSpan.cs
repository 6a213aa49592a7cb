using System.Diagnostics;

namespace StreamPipeline.Embedded.Telemetry;

/// <summary>The span of one piece of maintenance: <c>fold</c>, <c>roll</c> or <c>vacuum</c>. Failures are counted.</summary>
internal static class MaintenanceSpan
{
    /// <param name="name">Which.</param>
    /// <param name="stream">Stream name.</param>
    /// <param name="work">What is measured.</param>
    /// <param name="describe">The counts of its report, as tags.</param>
    public static async Task<T> Of<T>(string name, string stream, Func<Task<T>> work, Func<T, IEnumerable<(string Tag, long Count)>> describe)
    {
        using var span = StreamInstruments.Source.StartActivity(name);
        span?.SetTag(StreamInstruments.StreamTag, stream);
        try
        {
            var report = await work();
            if (span is { IsAllDataRequested: true })
            {
                foreach (var (tag, count) in describe(report))
                {
                    span.SetTag(tag, count);
                }
            }

            return report;
        }
        catch (Exception error)
        {
            if (error is not OperationCanceledException)
            {
                StreamInstruments.MaintenanceFailures.Add(1, new(StreamInstruments.StreamTag, stream), new(StreamInstruments.WorkTag, name));
            }

            // Its type only: a message may quote what was being read.
            span?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", error.GetType().FullName);
            throw;
        }
    }
}
