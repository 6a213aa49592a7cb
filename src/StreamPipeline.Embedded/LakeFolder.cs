using System.Text.Json;

namespace StreamPipeline.Embedded;

/// <summary>A folder that cannot be used as a lake; the message says why and what to do.</summary>
public sealed class LakeException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// A lake on disk. <c>lake.json</c> in its root says that it is one, so that no folder with other content is ever written to.
/// </summary>
public sealed class LakeFolder
{
    private const string MarkerName = "lake.json";
    private const string Format = "streampipeline-lake";
    private const int FormatVersion = 1;

    private LakeFolder(string root) => Root = root;

    /// <summary>Absolute path.</summary>
    public string Root { get; }

    /// <summary>When it was made: nothing that is written into it is older. A lake that was copied counts as made then.</summary>
    public DateTimeOffset MadeAt => File.GetLastWriteTimeUtc(Path.Combine(Root, MarkerName));

    public string StateFile => Path.Combine(Root, "_state", "state.db");

    /// <summary>Opens the lake, making it when the folder is missing or empty.</summary>
    /// <exception cref="LakeException">Not a lake, not writable, or of a newer format.</exception>
    public static LakeFolder OpenOrCreate(string path)
    {
        var root = Path.GetFullPath(path);
        try
        {
            if (File.Exists(root))
            {
                throw new LakeException($"lake {path}: this is a file; name a folder");
            }

            FileSystem.MakeFolder(root);
            if (!File.Exists(Path.Combine(root, MarkerName)))
            {
                RefuseForeignContent(path, root);
                WriteMarker(root);
            }
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw new LakeException($"lake {path}: the folder cannot be written: {DiskFault.Explain(error, "check write permission, or choose another --lake")}", error);
        }

        CheckMarker(path, root);
        return new LakeFolder(root);
    }

    /// <summary>Opens a lake that exists.</summary>
    /// <exception cref="LakeException">There is none, or it is of a newer format.</exception>
    public static LakeFolder Open(string path)
    {
        var root = Path.GetFullPath(path);
        if (!File.Exists(Path.Combine(root, MarkerName)))
        {
            throw new LakeException(Directory.Exists(root)
                ? $"lake {path}: the folder has no {MarkerName}, so it is not a lake; run a pipeline with --lake {path} first, or name another folder"
                : $"lake {path}: there is no such folder; run a pipeline with --lake {path} first");
        }

        CheckMarker(path, root);
        return new LakeFolder(root);
    }

    private static void RefuseForeignContent(string path, string root)
    {
        // A process that was killed while it made the lake may have left its temporary marker.
        var foreign = Directory.EnumerateFileSystemEntries(root)
            .Select(Path.GetFileName)
            .FirstOrDefault(name => !name!.StartsWith(MarkerName, StringComparison.Ordinal));
        if (foreign is not null)
        {
            throw new LakeException($"lake {path}: the folder holds something else (such as '{foreign}') and no {MarkerName}; name an empty or a new folder");
        }
    }

    private static void WriteMarker(string root)
    {
        var temporary = Path.Combine(root, $"{MarkerName}.{Environment.ProcessId}.tmp");
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            using (var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true }))
            {
                json.WriteStartObject();
                json.WriteString("format"u8, Format);
                json.WriteNumber("version"u8, FormatVersion);
                json.WriteEndObject();
            }

            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, Path.Combine(root, MarkerName), overwrite: true);
        FileSystem.Flush(root);
    }

    private static void CheckMarker(string path, string root)
    {
        try
        {
            using var marker = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(root, MarkerName)));
            var format = marker.RootElement.GetProperty("format"u8).GetString();
            var version = marker.RootElement.GetProperty("version"u8).GetInt32();
            if (format != Format || version > FormatVersion)
            {
                throw new LakeException($"lake {path}: {MarkerName} says format '{format}' version {version}; this program reads '{Format}' up to version {FormatVersion}");
            }
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or UnauthorizedAccessException or IOException)
        {
            throw new LakeException($"lake {path}: {MarkerName} cannot be read: {error.Message}", error);
        }
    }
}
