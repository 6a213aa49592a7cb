using StreamPipeline.Embedded;
using StreamPipeline.Embedded.Query;

namespace StreamPipeline.Cli.Query;

/// <summary>Queries over a lake.</summary>
internal static class LakeRows
{
    public static async Task<RowSource> Open(LakeLocation location, string sql, CancellationToken cancellation)
    {
        LakeCopy? copy = null;
        try
        {
            var objects = Lakes.OpenObjects(location);
            copy = objects is FolderObjectStore ? null : await LakeCopy.Of(objects, new RandomAttemptIds().Next(), sql, cancellation);
            var result = await new LakeQuery(copy?.Objects ?? (FolderObjectStore)objects).Run(sql, cancellation, isPrinted: true);
            return new RowSource([.. result.Columns.Select(column => new RowColumn(column.Name, column.Type))], result.Read, result.Value, result, copy);
        }
        catch (LakeException error)
        {
            throw new CommandException(error.Message, ExitCode.Usage);
        }
        catch (InvalidDataException error)
        {
            copy?.Dispose();
            throw new CommandException($"{error.Message}; `verify` tells what of the lake is lost or damaged");
        }
        catch
        {
            copy?.Dispose();
            throw;
        }
    }
}
