using StreamPipeline.Cli;
using StreamPipeline.Cli.Output;

NativeHeap.Bound();
return await Compose.RunAsync(args, Terminal.OfProcess());
