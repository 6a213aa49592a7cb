using StreamPipeline.Cli;
using StreamPipeline.Cli.Output;

return await Compose.RunAsync(args, Terminal.OfProcess());
