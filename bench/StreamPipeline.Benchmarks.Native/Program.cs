using System.Diagnostics;
using System.Globalization;
using StreamPipeline.Benchmarks.Peers;

// One command a line, its words separated by tabs:
//   job <input> <lake>      the whole job
//   warm <payload> <lake>   opens a consumer
//   commit                  the next payload through it
// Each is answered by: seconds, processor seconds, processor seconds of the process so far, most bytes resident so far, silver rows.
WarmConsumer? consumer = null;
while (Console.ReadLine() is { } line)
{
    var words = line.Split('\t');
    if (words is ["commit"])
    {
        consumer!.Renew();
    }

    var cpu = Environment.CpuUsage.TotalTime;
    var start = Stopwatch.GetTimestamp();
    long rows = 0;
    switch (words)
    {
        case ["job", var input, var lake]:
            rows = await ProductJob.Run(input, lake, TimeProvider.System);
            break;
        case ["warm", var payload, var lake]:
            consumer?.Dispose();
            consumer = new WarmConsumer(payload, lake);
            break;
        case ["commit"]:
            rows = await consumer!.Commit();
            break;
        default:
            Console.Error.WriteLine($"'{line}' is no command; the commands are in Program.cs");
            return 2;
    }

    using var self = Process.GetCurrentProcess();
    var total = Environment.CpuUsage.TotalTime;
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(start).TotalSeconds} {(total - cpu).TotalSeconds} {total.TotalSeconds} {self.PeakWorkingSet64} {rows}"));
}

consumer?.Dispose();
return 0;
