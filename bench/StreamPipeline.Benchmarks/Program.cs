using System.CommandLine;
using BenchmarkDotNet.Running;
using StreamPipeline.Benchmarks.Adversarial;
using StreamPipeline.Benchmarks.Guarding;
using StreamPipeline.Benchmarks.Peers;
using StreamPipeline.Benchmarks.Stages;

var floors = new Option<string>("--floors") { Description = "The committed floors.", DefaultValueFactory = _ => "bench/floors.json" };
var slow = new Option<string?>("--slow") { Description = "Slow this stage down on purpose, to see the guard fail." };
var guard = new Command("guard", "A short run that fails when a ratio within it falls below its committed floor, or a stage allocates more than its ceiling.") { floors, slow };
guard.SetAction(parsed => GuardRun.Run(parsed.GetRequiredValue(floors), parsed.GetValue(slow), Console.Out));

var stages = new Command("stages", "Nanoseconds and allocated bytes per event, stage by stage, within seconds.");
stages.SetAction(_ => StageTable.Run(Console.Out));

var only = new Option<string?>("--only") { Description = "Measures the stages whose names hold this text." };
var warmUp = new Option<double>("--warm-up") { Description = "Seconds for which each stage runs before it is measured.", DefaultValueFactory = _ => 1 };
var decode = new Command("decode", "The decoder beside its baselines, adversarial events included.") { only, warmUp };
decode.SetAction(parsed => AdversarialRun.Run(parsed.GetValue(only), TimeSpan.FromSeconds(parsed.GetValue(warmUp)), Console.Out));

var events = new Option<long>("--events") { Description = "Events in the input.", DefaultValueFactory = _ => 2_000_000 };
var rounds = new Option<int>("--rounds") { Description = "Measured rounds, odd.", DefaultValueFactory = _ => 5 };
var output = new Option<string>("--output") { Description = "text or json.", DefaultValueFactory = _ => "text" };
output.AcceptOnlyFromAmong("text", "json");
var native = new Option<string>("--native") { Description = "Folder with the published StreamPipeline.Benchmarks.Native.", DefaultValueFactory = _ => "bench/StreamPipeline.Benchmarks.Native/publish" };
var peers = new Command("peers", "The whole job beside DuckDB and idiomatic .NET, results checked equal.") { events, rounds, output, native };
peers.SetAction((parsed, _) => PeersRun.Run(
    parsed.GetValue(events), parsed.GetValue(rounds), parsed.GetValue(output) == "json", parsed.GetRequiredValue(native), Console.Out, Console.Error));

var file = new Option<string>("--file") { Description = "A new file.", Required = true };
var input = new Command("input", "Writes the generated lines of the races, to run or profile the job by hand.") { events, file };
input.SetAction(parsed => PeerInputs.WriteLines(parsed.GetRequiredValue(file), parsed.GetValue(events)));

var sizes = new Option<int[]>("--sizes") { Description = "Sizes of the inputs, MB.", DefaultValueFactory = _ => [10, 100, 500], AllowMultipleArgumentsPerToken = true };
var scale = new Command("scale", "Whether the whole job costs the same per event however much input there is.") { sizes, rounds, native };
scale.SetAction((parsed, _) => ScaleRun.Run(parsed.GetRequiredValue(sizes), parsed.GetValue(rounds), parsed.GetRequiredValue(native), Console.Out, Console.Error));

var peer = new Argument<string>("peer");
var serve = new Command("serve", "The process of a peer; peers starts it.") { peer };
serve.Hidden = true;
serve.SetAction((parsed, _) => PeerServer.Serve(Contender.Peer(parsed.GetRequiredValue(peer)), Console.In, Console.Out));

var root = new RootCommand("How fast StreamPipeline is. Without a command: BenchmarkDotNet with its own options, such as --filter '*MicroBatch*'.") { guard, peers, scale, stages, decode, input, serve };
if (args.Length > 0 && root.Subcommands.Any(command => command.Name == args[0]))
{
    return await root.Parse(args).InvokeAsync();
}

BenchmarkSwitcher.FromAssembly(typeof(Stage).Assembly).Run(args);
return 0;
