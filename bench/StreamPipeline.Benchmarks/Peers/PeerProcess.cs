using System.Diagnostics;
using System.Globalization;

namespace StreamPipeline.Benchmarks.Peers;

/// <summary>The other end of a <see cref="PeerServer"/>. Owner: the race; the process ends with its standard input.</summary>
internal sealed class PeerProcess : IDisposable
{
    private readonly Process _process;
    private readonly string _name;

    public PeerProcess(Contender contender)
    {
        _name = contender.Name;
        _process = Process.Start(new ProcessStartInfo(contender.Executable, contender.Arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }

    /// <param name="command">See <see cref="PeerServer"/>.</param>
    /// <exception cref="InvalidOperationException">It failed; standard error says why.</exception>
    public async Task<(JobTime Time, long SilverRows)> Tell(params string[] command)
    {
        await _process.StandardInput.WriteLineAsync(string.Join('\t', command));
        await _process.StandardInput.FlushAsync();
        var answer = await _process.StandardOutput.ReadLineAsync();
        return answer?.Split(' ') is [var seconds, var cpu, var peak, var rows]
            ? (new JobTime(Number(seconds), Number(cpu), (long)Number(peak)), (long)Number(rows))
            : throw new InvalidOperationException($"{_name}, told '{string.Join(' ', command)}', said '{answer ?? "nothing"}'");
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
