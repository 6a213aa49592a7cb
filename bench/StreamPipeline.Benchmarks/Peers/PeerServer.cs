using System.Diagnostics;
using System.Globalization;

namespace StreamPipeline.Benchmarks.Peers;

/// <summary>
/// The process of a peer. One command a line, its words separated by tabs; each is answered by <c>seconds, processor seconds, most bytes resident so far,
/// silver rows</c>:
/// <code>
/// job    input  output    the whole job
/// warm   folder output    gets ready for payloads
/// commit                  the next payload
/// </code>
/// </summary>
internal static class PeerServer
{
    public static async Task<int> Serve(IPeer peer, TextReader commands, TextWriter answers)
    {
        using (peer)
        {
            while (await commands.ReadLineAsync() is { } line)
            {
                var words = line.Split('\t');
                if (words is ["commit"])
                {
                    peer.Renew();
                }

                var cpu = Environment.CpuUsage.TotalTime;
                var start = Stopwatch.GetTimestamp();
                var rows = 0L;
                switch (words)
                {
                    case ["job", var input, var output]:
                        rows = await peer.Run(input, output);
                        break;
                    case ["warm", var payload, var output]:
                        peer.Warm(payload, output);
                        break;
                    case ["commit"]:
                        rows = await peer.Commit();
                        break;
                    default:
                        throw new ArgumentException($"'{line}' is no command");
                }

                var (seconds, cpuSeconds) = (Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
                using var self = Process.GetCurrentProcess();
                await answers.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{seconds} {cpuSeconds} {self.PeakWorkingSet64} {rows}"));
            }
        }

        return 0;
    }
}
