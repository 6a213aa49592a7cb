using System.Diagnostics;

namespace StreamPipeline.Lambda.Tests.Native;

/// <summary>
/// The native binary: <c>STREAMPIPELINE_BOOTSTRAP</c> names it. On a desk without it, it is published once, which takes half a minute; in CI it must be there,
/// since what is tested is to be what was built.
/// </summary>
internal static class Binary
{
    private const string Variable = "STREAMPIPELINE_BOOTSTRAP";

    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);

    private static readonly Lazy<Task<string>> Published = new(Find);

    public static Task<string> Path => Published.Value;

    /// <summary>The same program for the JIT compiler, as the test's build made it.</summary>
    public static string Assembly => System.IO.Path.Combine(AppContext.BaseDirectory, "bootstrap.dll");

    private static async Task<string> Find()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path)
        {
            return File.Exists(path) ? path : throw new InvalidOperationException($"{Variable} names '{path}', and there is no such file");
        }

        if (Environment.GetEnvironmentVariable("CI") is not (null or "" or "false"))
        {
            throw new InvalidOperationException($"{Variable} is not set: it must name the native binary; in CI this is a failure");
        }

        if (MissingTool() is { } missing)
        {
            Assert.Skip($"{missing} is needed to publish the native binary (Debian: apt-get install gcc zlib1g-dev), or {Variable} names one");
        }

        var folder = System.IO.Path.Combine(Repository.Root, "artifacts", "desk");
        Directory.CreateDirectory(folder);

        // Two test projects want it, perhaps at the same time, and a publish writes to the project's obj folder: one after the other. The second finds all up to date.
        using var turn = await Turn(System.IO.Path.Combine(folder, "publish.lock"));
        return await Publish(folder);
    }

    private static async Task<string> Publish(string folder)
    {
        var log = System.IO.Path.Combine(folder, "publish.log");
        string[] line = ["publish", "src/StreamPipeline.Lambda", "-c", "Release", "-r", "linux-x64", "-o", folder, "-nologo", "-v", "minimal", "-nodeReuse:false", "-p:UseSharedCompilation=false"];

        // Into a file: a compiler process that stays would hold a pipe open, and who reads it would wait for ever.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "log=$1; shift; exec dotnet \"$@\" >\"$log\" 2>&1 </dev/null", "publish", log, .. line]) { WorkingDirectory = Repository.Root };
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(_patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"publishing the native binary took longer than {_patience.TotalMinutes:0} minutes; {log} has its output, and {Variable} can name a binary instead");
        }

        return process.ExitCode == 0
            ? System.IO.Path.Combine(folder, "bootstrap")
            : throw new InvalidOperationException($"the native binary cannot be published: {await File.ReadAllTextAsync(log, CancellationToken.None)}");
    }

    /// <summary>What the linker needs and this machine lacks; null: nothing.</summary>
    private static string? MissingTool()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator);
        if (!folders.Any(folder => File.Exists(System.IO.Path.Combine(folder, "gcc")) || File.Exists(System.IO.Path.Combine(folder, "clang"))))
        {
            return "a C compiler";
        }

        // The linker takes libz.so, which comes with the headers.
        string[] libraries = ["/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/usr/lib/x86_64-linux-gnu"];
        return libraries.Any(folder => File.Exists(System.IO.Path.Combine(folder, "libz.so"))) ? null : "zlib with its headers";
    }

    /// <summary>Waits until nobody else publishes. The operating system frees the lock of a process that died.</summary>
    private static async Task<FileStream> Turn(string path)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (Stopwatch.GetElapsedTime(started) < _patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200));
            }
        }
    }
}
