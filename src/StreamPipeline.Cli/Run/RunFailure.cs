using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Streams;
using StreamPipeline.Core.Windows;
using StreamPipeline.Embedded;
using StreamPipeline.Embedded.Mapping;
using StreamPipeline.Embedded.Sources;

namespace StreamPipeline.Cli.Run;

/// <summary>What a user is told when a run ends early.</summary>
internal static class RunFailure
{
    /// <summary>Null when it is none of the ways in which a run is known to fail.</summary>
    public static CommandException? Of(Exception error, CancellationToken cancellation) => error switch
    {
        OperationCanceledException when cancellation.IsCancellationRequested =>
            new CommandException("interrupted; all that was committed is safe, and the same command goes on where this one stopped"),
        InputException or InputRefusedException or LakeException or StateBehindException or MetricChangedException => new CommandException(error.Message, ExitCode.Usage),
        StreamMissingException => new CommandException(error.Message, ExitCode.Usage),
        FunctionException or StateUncertainException or ShardFinalException or InvalidDataException => new CommandException(error.Message),
        _ => null,
    };
}
