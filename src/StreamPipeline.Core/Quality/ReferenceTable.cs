using Apache.Arrow;

namespace StreamPipeline.Core.Quality;

/// <summary>A small table in memory that ReferentialIntegrity, SchemaMatch and RowCountMatch compare with.</summary>
/// <param name="Alias">The name by which rules refer to it: <c>ReferentialIntegrity "a" "alias.column"</c>.</param>
/// <param name="Rows">
/// Its rows; a table read from CSV has utf8 columns only, whose texts are read as the type of the column they are compared with. Read while binding
/// only: the caller keeps ownership and may dispose it once <see cref="BoundRuleset.Bind"/> has returned.
/// </param>
public sealed record ReferenceTable(string Alias, RecordBatch Rows);
