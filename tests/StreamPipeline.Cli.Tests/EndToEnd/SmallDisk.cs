using System.Diagnostics;

namespace StreamPipeline.Cli.Tests.EndToEnd;

/// <summary>
/// A file system in memory of a size that can be changed, mounted in a mount namespace of its own (Linux): it is gone with the process that
/// holds the namespace, which ends when this one does, whatever happens.
/// </summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly Process _holder;
    private readonly string _folder;
    private readonly string[] _enter;

    private SmallDisk(Process holder, string folder)
    {
        _holder = holder;
        _folder = folder;
        _enter = ["nsenter", "-t", $"{holder.Id}", .. Environment.IsPrivilegedProcess ? Array.Empty<string>() : ["--preserve-credentials", "-U"], "-m"];
    }

    /// <summary>The lake as the command sees it.</summary>
    public string Lake => Path.Combine(_folder, "lake");

    /// <summary>The lake as this process sees it: good for files, but SQLite resolves the link and misses it.</summary>
    public string LakeFromHere => $"/proc/{_holder.Id}/root{Lake}";

    /// <summary>Mounts over an empty folder. Skips the test where nobody may mount, except in CI.</summary>
    public static async Task<SmallDisk> Mount(string folder, long bytes)
    {
        Directory.CreateDirectory(folder);
        string[] unshare = Environment.IsPrivilegedProcess ? ["-m"] : ["-rm"];
        var start = new ProcessStartInfo("unshare", [.. unshare, "sh", "-c", "mount -t tmpfs -o \"size=$1\" none \"$2\" && echo mounted && exec cat", "sh", $"{bytes}", folder])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("file systems of a given size are mounted on Linux only");
        }

        var holder = Process.Start(start)!;
        if (await holder.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) == "mounted")
        {
            return new SmallDisk(holder, folder);
        }

        var reason = "cannot mount a file system in a namespace of its own: " + await holder.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        holder.Dispose();
        Assert.SkipWhen(Environment.GetEnvironmentVariable("CI") != "true", reason);
        throw new InvalidOperationException(reason);
    }

    // Where the source is named, mount takes no options over from the mount table: outside root's own namespace they are refused.
    public Task Resize(long bytes) => Inside("mount", "-o", $"remount,size={bytes}", "none", _folder);

    public Task MakeReadOnly() => Inside("mount", "-o", "remount,ro", "none", _folder);

    public Task MakeWritable() => Inside("mount", "-o", "remount,rw", "none", _folder);

    /// <summary>
    /// Read-only while a run has files open, which a remount refuses: a second, read-only view of the folder covers it. What is open
    /// stays writable, as on a disk that takes no new files.
    /// </summary>
    public Task Cover() => Inside("mount", "--bind", "-o", "ro", _folder, _folder);

    public Task Uncover() => Inside("umount", _folder);

    public CommandProcess Run(params string[] more) => Start(["run", "--input", Workspace.FlightsFile, "--output", "json", .. more]);

    public CommandProcess Verify() => Start(["verify"]);

    public void Dispose()
    {
        _holder.Kill();
        _holder.WaitForExit();
        _holder.Dispose();
    }

    public static async Task Signal(string signal, int process)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, kill.ExitCode);
    }

    private CommandProcess Start(string[] command) =>
        CommandProcess.StartThrough(_enter, "/", [.. command, "--pipeline", Workspace.FlightsPipeline, "--lake", Lake]);

    private async Task Inside(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(_enter[0], [.. _enter[1..], .. command]) { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', command)}: {error}");
    }
}
