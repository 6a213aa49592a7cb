namespace StreamPipeline.Embedded.Sources;

/// <summary>Finds the files that an <c>--input</c> names.</summary>
public static class InputFolder
{
    private static readonly string[] _extensions = [".ndjson", ".jsonl", ".json"];
    private static readonly string[] _compressed = [".gz", ".zst", ".zstd"];

    /// <summary>
    /// The file itself, whatever its name; or of a folder all *.ndjson, *.jsonl and *.json, also with .gz or .zst, sub-folders included, in
    /// ordinal order of their paths. Hidden ones (name starts with a dot) and symbolic links within the folder are passed over: a link
    /// leads out of it, or to a file that is found anyway.
    /// </summary>
    /// <exception cref="InputException">Nothing is there to read, or it cannot be read.</exception>
    public static IReadOnlyList<InputFile> Find(string path)
    {
        if (!Directory.Exists(path))
        {
            return [InputFile.Open(path, Path.GetFileName(path))];
        }

        var names = Names(path);
        return names.Count > 0
            ? names.ConvertAll(name => InputFile.Open(Path.Combine(path, name), name))
            : throw new InputException($"the folder {path} holds no *.ndjson, *.jsonl or *.json file, also none with .gz or .zst");
    }

    /// <summary>Names, relative to the folder, and sizes of the files that <see cref="Find"/> would read now; may be none.</summary>
    /// <exception cref="InputException">The folder cannot be read.</exception>
    public static IReadOnlyList<(string Name, long Bytes)> List(string path) =>
        Names(path).ConvertAll(name => (name, new FileInfo(Path.Combine(path, name)) is { Exists: true } file ? file.Length : 0));

    private static List<string> Names(string path)
    {
        var names = new List<string>();
        try
        {
            Collect(new DirectoryInfo(path), "", names);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"the folder {path} cannot be read: {exception.Message}", exception);
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }

    private static void Collect(DirectoryInfo folder, string prefix, List<string> names)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos())
        {
            if (entry.Name.StartsWith('.') || entry.Attributes.HasFlag(FileAttributes.ReparsePoint))
            {
                continue;
            }

            var name = prefix + entry.Name;
            if (entry is DirectoryInfo subFolder)
            {
                Collect(subFolder, name + "/", names);
            }
            else if (HoldsRecords(entry.Name))
            {
                names.Add(name);
            }
        }
    }

    private static bool HoldsRecords(string name)
    {
        var compressed = Path.GetExtension(name);
        if (_compressed.Contains(compressed, StringComparer.OrdinalIgnoreCase))
        {
            name = name[..^compressed.Length];
        }

        return _extensions.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase);
    }
}
