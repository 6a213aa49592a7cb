namespace StreamPipeline.Core.Configuration;

/// <summary>A value of the file with its place; lines and columns from 1.</summary>
internal abstract record ConfigNode(int Line, int Column);

/// <summary>
/// A text, quotes and escapes undone. It is plain when written without quotes: only then can it mean "nothing", or be a piece that a flow
/// mapping cut off.
/// </summary>
internal sealed record ScalarNode(int Line, int Column, string Text, bool IsPlain) : ConfigNode(Line, Column)
{
    /// <summary>YAML's null: nothing, <c>~</c> or <c>null</c>, unquoted.</summary>
    public bool IsNull => IsPlain && Text is "" or "~" or "null" or "Null" or "NULL";

    /// <summary>Where the text begins: behind the quote when there is one.</summary>
    public int TextColumn => IsPlain ? Column : Column + 1;
}

internal sealed record ListNode(int Line, int Column, IReadOnlyList<ConfigNode> Items) : ConfigNode(Line, Column);

/// <summary>Entries in file order; flow means written with braces.</summary>
internal sealed record MapNode(int Line, int Column, IReadOnlyList<MapEntry> Entries, bool IsFlow) : ConfigNode(Line, Column);

internal sealed record MapEntry(ScalarNode Key, ConfigNode Value);

/// <summary>Something whose problem is reported already: readers pass it over in silence.</summary>
internal sealed record ReportedNode(int Line, int Column) : ConfigNode(Line, Column);
