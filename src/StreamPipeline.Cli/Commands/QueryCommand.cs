using System.CommandLine;
using System.Data.Common;
using StreamPipeline.Cli.Output;
using StreamPipeline.Cli.Query;
using StreamPipeline.Embedded.Query;

namespace StreamPipeline.Cli.Commands;

/// <summary>Runs one SQL statement over a lake; the caller disposes the rows. What the database says is thrown as a DbException or a LakeQueryException.</summary>
internal delegate Task<RowSource> OpenQuery(LakeLocation location, string sql, CancellationToken cancellation);

/// <summary><c>query</c>: SQL over silver, gold and quarantine.</summary>
internal static class QueryCommand
{
    public static Command Create(Terminal terminal, OpenQuery open)
    {
        var lake = new LakeOptions();
        var output = CommonOptions.Output("table", "csv", "json");
        var sql = new Argument<string>("sql") { Description = "Such as: select * from gold.delays_by_origin. - reads it from standard input." };
        var command = new Command("query", "Query the tables of a lake with SQL (DuckDB): silver.<stream>, gold.<metric>, quarantine.<stream>.")
        {
            output,
            sql,
        };
        lake.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var text = parsed.GetRequiredValue(sql);
            text = text == "-" ? await Console.In.ReadToEndAsync(cancellation) : text;
            try
            {
                await using var rows = await open(lake.Of(parsed), text, cancellation);
                await RowPrinter.PrintAsync(rows, parsed.GetValue(output)!, terminal, cancellation);
                return ExitCode.Done;
            }
            catch (Exception error) when (error is DbException or LakeQueryException)
            {
                throw new CommandException(error.Message);
            }
        });
        return command;
    }
}
