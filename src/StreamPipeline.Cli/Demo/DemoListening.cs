using System.Text;
using StreamPipeline.Aws.Kinesis;
using StreamPipeline.Cli.Output;
using StreamPipeline.Cli.Put;
using StreamPipeline.Core;
using StreamPipeline.Embedded.Kinesis;
using StreamPipeline.Embedded.Mapping;
using StreamPipeline.Embedded.Running;

namespace StreamPipeline.Cli.Demo;

/// <summary>The demo's second half: a Kinesis endpoint in this process, and its stream followed into the lake until Ctrl-C.</summary>
internal sealed class DemoListening(Terminal terminal, Pipeline pipeline, OpenLake lake, string lakePath, int port)
{
    public async Task Run(CancellationToken cancellation)
    {
        var stream = pipeline.Settings.Stream;
        await using var endpoint = await KinesisEndpoint.Start(
            new KinesisEndpointSettings { File = Path.Combine(lakePath, DemoFiles.Folder, "stream.db"), Port = port, Streams = [new InitialStream(stream, 1)] },
            terminal.Time);
        terminal.Out.WriteLine();

        // As a file: versions 1 and 2 of the AWS CLI read data on the command line differently.
        var folder = Path.GetFullPath(Path.Combine(lakePath, DemoFiles.Folder));
        var one = Path.Combine(folder, "event.json");
        DemoFiles.WriteWhole(one, file => file.Write(Encoding.UTF8.GetBytes(File.ReadLines(Path.Combine(folder, DemoFiles.Events)).First())));
        var url = endpoint.Uri.GetLeftPart(UriPartial.Authority);
        var pipelinePath = ShellText.Quote(Path.Combine(lakePath, DemoFiles.Folder, "pipeline.yaml"));
        terminal.Out.WriteLine($"stream {stream} takes records at {url} until Ctrl-C, from any AWS SDK and from the AWS CLI; such as");
        terminal.Out.WriteLine($"  {terminal.Program} generate --pipeline {pipelinePath} --events 1000 --seed 2 | {terminal.Program} put --stream {stream} --endpoint-url {url} --input -");
        terminal.Out.WriteLine($"  aws kinesis put-record --endpoint-url {url} --stream-name {stream} --partition-key k --data {ShellText.Quote("fileb://" + one)}");
        await terminal.Out.FlushAsync(CancellationToken.None);

        var address = new KinesisAddress(endpoint.Uri, null);
        using var client = KinesisClients.Open(address);
        var records = new KinesisRecordStream(client, stream);
        var counters = new RunCounters();
        using var runner = new LakeRunner(pipeline, lake, terminal.Time, counters, terminal.WriteWarning);
        var options = new StreamRunOptions(
            records, await records.Arn(cancellation), "local", new MappingSettings { BatchWindow = TimeSpan.FromSeconds(1) }, default, Follow: true, KeepOpen: true);
        var run = Task.Run(() => runner.Run(options, cancellation), CancellationToken.None);
        var frames = new DemoFrames(counters, new DemoLook(pipeline, lake), terminal.Time);
        try
        {
            await DemoView.ShowAsync(terminal, frames.Of(run, cancellation), CancellationToken.None);
        }
        finally
        {
            // Neither the endpoint nor the lake may be closed under a run that goes on.
            await Task.WhenAny(run);
        }

        var counts = (await run).Totals.Counts;
        terminal.Out.WriteLine(FormattableString.Invariant(
            $"{counts.Records:N0} records came: {counts.Silver:N0} silver, {counts.Duplicates:N0} duplicates, {counts.Quarantined:N0} quarantined"));
    }
}
