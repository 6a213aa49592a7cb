using StreamPipeline.Embedded;
using StreamPipeline.Embedded.Query;

namespace StreamPipeline.Cli.Query;

/// <summary>Queries over a lake on disk.</summary>
internal static class LakeRows
{
    public static async Task<RowSource> Open(string lakeFolder, string sql, CancellationToken cancellation)
    {
        try
        {
            var lake = LakeFolder.Open(lakeFolder);
            var query = new LakeQuery(new FolderObjectStore(lake.Root, new RandomAttemptIds().Next()));
            var result = await query.Run(sql, cancellation);
            return new RowSource([.. result.Columns.Select(column => new RowColumn(column.Name, column.Type))], result.Read, result.Value, result);
        }
        catch (LakeException error)
        {
            throw new CommandException(error.Message, ExitCode.Usage);
        }
    }
}
