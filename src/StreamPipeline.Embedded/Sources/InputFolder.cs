using System.Text.RegularExpressions;

namespace StreamPipeline.Embedded.Sources;

/// <summary>Finds the files that an <c>--input</c> names.</summary>
public static partial class InputFolder
{
    private static readonly string[] _extensions = [".ndjson", ".jsonl", ".json"];
    private static readonly string[] _compressed = [".gz", ".zst", ".zstd"];

    /// <summary>
    /// The file itself, whatever its name; or of a folder all *.ndjson, *.jsonl and *.json, also with .gz or .zst, sub-folders included, in
    /// ordinal order of their paths. Hidden ones (name starts with a dot), symbolic links within the folder and names that are not UTF-8 are passed over: a link
    /// leads out of it, or to a file that is found anyway. <see cref="FindSkipped"/> tells of them.
    /// </summary>
    /// <exception cref="InputException">Nothing is there to read, or it cannot be read.</exception>
    public static IReadOnlyList<InputFile> Find(string path) => Find(path, HoldsRecords);

    /// <summary>Like <see cref="Find(string)"/>, with what Lambda writes to an on-failure destination too, whose names have no ending.</summary>
    /// <exception cref="InputException">Nothing is there to read, or it cannot be read.</exception>
    public static IReadOnlyList<InputFile> FindFailed(string path) => Find(path, name => HoldsRecords(name) || OnFailureName().IsMatch(name));

    private static List<InputFile> Find(string path, Predicate<string> isWanted)
    {
        if (!Directory.Exists(path))
        {
            return [InputFile.Open(path, Path.GetFileName(path))];
        }

        var names = Names(path, isWanted);
        return names.Count > 0
            ? names.ConvertAll(name => InputFile.Open(Path.Combine(path, name), name))
            : throw new InputException($"the folder {path} holds no *.ndjson, *.jsonl or *.json file, also none with .gz or .zst");
    }

    /// <summary>Names, relative to the folder, and sizes of the files that <see cref="Find(string)"/> would read now; may be none.</summary>
    /// <exception cref="InputException">The folder cannot be read.</exception>
    public static IReadOnlyList<(string Name, long Bytes)> List(string path) =>
        Names(path, HoldsRecords).ConvertAll(name => (name, new FileInfo(Path.Combine(path, name)) is { Exists: true } file ? file.Length : 0));

    /// <summary>
    /// What <see cref="Find(string)"/> passes over of a folder though its name says that it holds records, each with the reason, in ordinal order; and links to folders, and folders whose name is
    /// not UTF-8. What is in hidden folders is not looked at. Of a file there is nothing.
    /// </summary>
    /// <exception cref="InputException">The folder cannot be read.</exception>
    public static IReadOnlyList<string> FindSkipped(string path)
    {
        var skipped = new List<string>();
        if (Directory.Exists(path))
        {
            Names(path, HoldsRecords, skipped);
        }

        skipped.Sort(StringComparer.Ordinal);
        return skipped;
    }

    private static List<string> Names(string path, Predicate<string> isWanted, List<string>? skipped = null)
    {
        var names = new List<string>();
        try
        {
            Collect(new DirectoryInfo(path), "", isWanted, names, skipped ?? []);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"the folder {path} cannot be read: {exception.Message}", exception);
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }

    private static void Collect(DirectoryInfo folder, string prefix, Predicate<string> isWanted, List<string> names, List<string> skipped)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos())
        {
            var name = prefix + entry.Name;
            if (ReasonToSkip(entry, isWanted) is { } reason)
            {
                if (reason.Length > 0)
                {
                    skipped.Add($"{name} ({reason})");
                }
            }
            else if (entry is DirectoryInfo subFolder)
            {
                Collect(subFolder, name + "/", isWanted, names, skipped);
            }
            else if (isWanted(entry.Name))
            {
                names.Add(name);
            }
        }
    }

    /// <summary>Null: it is not skipped. Empty: it is, and nobody need know.</summary>
    private static string? ReasonToSkip(FileSystemInfo entry, Predicate<string> isWanted)
    {
        if (entry.Name.StartsWith('.'))
        {
            return entry is FileInfo && isWanted(entry.Name) ? "hidden" : "";
        }

        if (!entry.Attributes.HasFlag(FileAttributes.ReparsePoint))
        {
            return null;
        }

        // A name that is not UTF-8 cannot be written back, so nothing is found under it: then all attributes are set.
        if (!entry.Exists && entry.Name.Contains('\uFFFD', StringComparison.Ordinal))
        {
            return Path.GetExtension(entry.Name).Length == 0 || isWanted(entry.Name) ? "its name is not UTF-8" : "";
        }

        return entry is DirectoryInfo || isWanted(entry.Name) ? "a symbolic link" : "";
    }

    /// <summary><c>YYYY-MM-DDTHH.MM.SS-random</c>.</summary>
    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9A-Za-z-]+$", RegexOptions.CultureInvariant)]
    private static partial Regex OnFailureName();

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
