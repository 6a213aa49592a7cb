using System.Diagnostics;

namespace StreamPipeline.Lambda.Tests.Native;

/// <summary>
/// The native binary: <c>STREAMPIPELINE_BOOTSTRAP</c> names it. On a desk without it, it is published once, which takes half a minute; in CI it must be there,
/// since what is tested is to be what was built.
/// </summary>
internal static class Binary
{
    private const string Variable = "STREAMPIPELINE_BOOTSTRAP";

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

        var output = System.IO.Path.Combine(Repository.Root, "src", "StreamPipeline.Lambda", "obj", "published");
        var publish = new ProcessStartInfo("dotnet", ["publish", "src/StreamPipeline.Lambda", "-c", "Release", "-r", "linux-x64", "-o", output, "-nologo", "-v", "quiet", "-nodeReuse:false", "-p:UseSharedCompilation=false"])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(publish)!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? System.IO.Path.Combine(output, "bootstrap")
            : throw new InvalidOperationException($"the native binary cannot be published (a C compiler and zlib1g-dev are needed): {text}");
    }
}
