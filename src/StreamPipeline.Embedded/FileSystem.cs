using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace StreamPipeline.Embedded;

/// <summary>What .NET does not offer: a rename that never replaces, and folders that outlive a power cut.</summary>
internal static partial class FileSystem
{
    private const int AlreadyExists = 17; // EEXIST on Linux and macOS

    /// <summary>Gives a file a second name unless that name is taken, in one atomic step; false when taken.</summary>
    /// <exception cref="IOException">Any other failure.</exception>
    public static bool LinkIfAbsent(string existing, string name)
    {
        if (OperatingSystem.IsWindows())
        {
            return CopyIfAbsent(existing, name);
        }

        // File.Move without overwrite tests and then renames: two writers can both pass the test. link(2) cannot.
        if (Link(existing, name) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == AlreadyExists ? false : throw new IOException($"cannot create '{name}': {new Win32Exception(error).Message}", error);
    }

    /// <summary>Makes a folder, and those above it that are missing, so that they outlive a power cut.</summary>
    /// <param name="folder">Absolute.</param>
    /// <exception cref="IOException">It cannot be made or flushed.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static void MakeFolder(string folder)
    {
        var parents = new List<string>();
        for (var path = folder; !Directory.Exists(path) && Path.GetDirectoryName(path) is { } parent; path = parent)
        {
            parents.Add(parent);
        }

        Directory.CreateDirectory(folder);
        parents.ForEach(Flush);
    }

    /// <summary>Makes creations, renames and deletions in a folder durable. Windows keeps its own journal and offers no such call.</summary>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var handle = OpenFolder(folder);
        RandomAccess.FlushToDisk(handle);
    }

    private static SafeFileHandle OpenFolder(string folder)
    {
        const int ReadOnly = 0;
        var descriptor = Open(folder, ReadOnly);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException($"cannot open folder '{folder}' to flush it: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    private static bool CopyIfAbsent(string existing, string name)
    {
        try
        {
            // MoveFileEx without MOVEFILE_REPLACE_EXISTING is atomic on one volume.
            File.Move(existing, name, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(name))
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string name);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
