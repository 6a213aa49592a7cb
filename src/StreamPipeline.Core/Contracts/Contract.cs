using Apache.Arrow;
using Apache.Arrow.Types;
using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Core.Contracts;

/// <summary>
/// What an event must look like: a JSON Schema compiled once to fields, limits and an Arrow schema. Immutable; safe to share.
/// Source: JSON Schema 2020-12, the keywords that a columnar table can hold. A keyword outside them is a problem, never ignored.
/// </summary>
public sealed class Contract
{
    /// <summary>The last column: JSON text of the members that the contract does not name, null when there are none.</summary>
    public const string ExtraColumn = "_extra";

    /// <summary>Most fields, nested ones and list items included.</summary>
    public const int FieldsMax = 2_000;

    /// <summary>Deepest nesting of objects and arrays, the event itself being the first. As the default of <c>limits.depth</c>.</summary>
    public const int DepthMax = 64;

    /// <summary>How long one value may keep one <c>pattern</c> busy, unless <see cref="Compile"/> is told otherwise.</summary>
    public static readonly TimeSpan PatternTimeoutDefault = TimeSpan.FromMilliseconds(100);

    private Contract(ContractField root)
    {
        Root = root;
        ArrowSchema = new Schema([.. root.Children.Select(field => field.Arrow), new Field(ExtraColumn, StringType.Default, nullable: true)], null);
    }

    /// <summary>The event itself: an <see cref="FieldKind.Object"/> whose children are the columns.</summary>
    public ContractField Root { get; }

    /// <summary>The columns, in the order of the file.</summary>
    public IReadOnlyList<ContractField> Fields => Root.Children;

    /// <summary><see cref="Fields"/>, then <see cref="ExtraColumn"/>.</summary>
    public Schema ArrowSchema { get; }

    /// <summary>Compiles a JSON Schema file.</summary>
    /// <param name="utf8">The file's bytes; a byte order mark is skipped.</param>
    /// <param name="fileName">As the user gave it, for the problems.</param>
    /// <param name="problems">Receives every problem of the file at once.</param>
    /// <param name="patternTimeout">
    /// How long one value may keep one <c>pattern</c> busy that needs backtracking (look-around, back references); others run in
    /// linear time and have no limit. Default <see cref="PatternTimeoutDefault"/>.
    /// </param>
    /// <returns>Null when a problem was added.</returns>
    public static Contract? Compile(ReadOnlyMemory<byte> utf8, string fileName, ProblemList problems, TimeSpan? patternTimeout = null)
    {
        var before = problems.Items.Count;
        var file = new SchemaFile(utf8.ToArray(), fileName, problems);
        var node = file.Read();
        if (node is null)
        {
            return null;
        }

        var report = new SchemaReport(file, problems);
        var root = new SchemaCompiler(report, node, patternTimeout ?? PatternTimeoutDefault).CompileRoot();
        return root is null || problems.Items.Count > before ? null : new Contract(root);
    }

    /// <summary>Finds a field by its dotted path, through objects only (not into lists); null when there is none.</summary>
    public ContractField? Find(string dottedPath) => Find(Root, dottedPath);

    private static ContractField? Find(ContractField parent, ReadOnlySpan<char> path)
    {
        foreach (var child in parent.Children)
        {
            // Member names may hold dots themselves, so a name is tried as a prefix instead of splitting the path.
            if (path.SequenceEqual(child.Name))
            {
                return child;
            }

            if (path.StartsWith(child.Name) && path[child.Name.Length] == '.' && Find(child, path[(child.Name.Length + 1)..]) is { } found)
            {
                return found;
            }
        }

        return null;
    }
}
