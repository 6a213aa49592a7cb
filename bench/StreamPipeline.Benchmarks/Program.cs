using System.CommandLine;
using BenchmarkDotNet.Running;
using StreamPipeline.Benchmarks.Guarding;
using StreamPipeline.Benchmarks.Peers;
using StreamPipeline.Benchmarks.Stages;

var floors = new Option<string>("--floors") { Description = "The committed floors.", DefaultValueFactory = _ => "bench/floors.json" };
var slow = new Option<string?>("--slow") { Description = "Slow this stage down on purpose, to see the guard fail." };
var guard = new Command("guard", "A short run that fails when a ratio within it falls below its committed floor, or a stage allocates more than its ceiling.") { floors, slow };
guard.SetAction(parsed => GuardRun.Run(parsed.GetRequiredValue(floors), parsed.GetValue(slow), Console.Out));

var stages = new Command("stages", "Nanoseconds and allocated bytes per event, stage by stage, within seconds.");
stages.SetAction(_ => StageTable.Run(Console.Out));

var events = new Option<long>("--events") { Description = "Events in the input.", DefaultValueFactory = _ => 2_000_000 };
var rounds = new Option<int>("--rounds") { Description = "Measured rounds, odd.", DefaultValueFactory = _ => 5 };
var output = new Option<string>("--output") { Description = "text or json.", DefaultValueFactory = _ => "text" };
output.AcceptOnlyFromAmong("text", "json");
var native = new Option<string>("--native") { Description = "Folder with the published StreamPipeline.Benchmarks.Native.", DefaultValueFactory = _ => "bench/StreamPipeline.Benchmarks.Native/publish" };
var peers = new Command("peers", "The whole job beside DuckDB and idiomatic .NET, results checked equal.") { events, rounds, output, native };
peers.SetAction((parsed, _) => PeersRun.Run(
    parsed.GetValue(events), parsed.GetValue(rounds), parsed.GetValue(output) == "json", parsed.GetRequiredValue(native), Console.Out, Console.Error));

var root = new RootCommand("How fast StreamPipeline is. Without a command: BenchmarkDotNet with its own options, such as --filter '*MicroBatch*'.") { guard, peers, stages };
if (args.Length > 0 && root.Subcommands.Any(command => command.Name == args[0]))
{
    return await root.Parse(args).InvokeAsync();
}

BenchmarkSwitcher.FromAssembly(typeof(Stage).Assembly).Run(args);
return 0;
