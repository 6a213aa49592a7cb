using System.Collections.Immutable;

namespace StreamPipeline.Core.Contracts;

/// <summary>Where in the contract the compiler is.</summary>
/// <param name="Name">Member name.</param>
/// <param name="Path">Dotted path; empty for the event itself.</param>
/// <param name="Required">Whether the parent must have it.</param>
/// <param name="Depth">Nesting an object or array here would have; the event itself is 1.</param>
/// <param name="References">The definitions being inlined, to notice recursion.</param>
internal sealed record Place(string Name, string Path, bool Required, int Depth, ImmutableList<SchemaNode> References)
{
    public bool IsRoot => Path.Length == 0 && Depth == 1;

    public string Shown => IsRoot ? "the event" : Path;

    public Place Member(string name, bool required) =>
        new(name, IsRoot ? name : $"{Path}.{name}", required, Depth + 1, References);

    public Place Item() => new(ContractField.ItemName, Path + "[]", Required: true, Depth + 1, References);
}
