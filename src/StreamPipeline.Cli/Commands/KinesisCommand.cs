using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using StreamPipeline.Cli.Output;
using StreamPipeline.Embedded.Kinesis;

namespace StreamPipeline.Cli.Commands;

/// <summary><c>kinesis</c>: a Kinesis-compatible endpoint on this machine, until Ctrl-C.</summary>
internal static class KinesisCommand
{
    private const string FileDefault = "kinesis.db";

    public static Command Create(Terminal terminal)
    {
        var port = new Option<int>("--port")
        {
            Description = "Port to listen on, 1 to 65,535; 0 takes any that is free.",
            HelpName = "N",
            DefaultValueFactory = _ => KinesisEndpointSettings.PortDefault,
        };
        port.Validators.Add(result =>
        {
            var text = result.Tokens.Count == 0 ? null : result.Tokens[0].Value;
            if (int.TryParse(text, CultureInfo.InvariantCulture, out var value) && value is < 0 or > 65_535)
            {
                result.AddError($"--port is 0 to 65,535, not {value}");
            }
        });
        var bind = new Option<IPAddress>("--bind")
        {
            Description = "Address to listen on. Signatures are not checked: beyond 127.0.0.1, everyone who reaches the port can read and write. [default: 127.0.0.1]",
            HelpName = "ADDRESS",
            CustomParser = ParseAddress,
        };
        var data = new Option<string>("--data")
        {
            Description = "SQLite file that keeps streams and records, created when missing.",
            HelpName = "FILE.db",
            DefaultValueFactory = _ => FileDefault,
        };
        var streams = new Option<InitialStream[]>("--stream")
        {
            Description = "Stream to create when it is missing, with this many shards (default 1). Repeatable.",
            HelpName = "name[:shards]",
            CustomParser = ParseStreams,
        };
        var throttle = new Option<string>("--throttle")
        {
            Description = "on: a shard takes 1,000 records and 1 MiB and gives 2 MiB in 5 calls a second, as in Kinesis. off: as fast as it goes.",
            HelpName = "on|off",
            DefaultValueFactory = _ => "on",
        };
        throttle.AcceptOnlyFromAmong("on", "off");
        var command = new Command("kinesis", "Serve a Kinesis-compatible endpoint for any AWS SDK and the AWS CLI, until Ctrl-C. No account, no container; records stay over a restart.")
        {
            port, bind, data, streams, throttle,
        };
        command.SetAction((parsed, cancellation) => Serve(
            terminal,
            new KinesisEndpointSettings
            {
                File = parsed.GetRequiredValue(data),
                Port = parsed.GetValue(port),
                Address = parsed.GetValue(bind) ?? IPAddress.Loopback,
                Streams = parsed.GetValue(streams) ?? [],
                IsThrottled = parsed.GetValue(throttle) != "off",
                Report = Report(terminal),
            },
            cancellation));
        return command;
    }

    private static async Task<int> Serve(Terminal terminal, KinesisEndpointSettings settings, CancellationToken cancellation)
    {
        try
        {
            await using var endpoint = await KinesisEndpoint.Start(settings, terminal.Time);
            Introduce(terminal, settings, endpoint);
            await Task.Delay(Timeout.InfiniteTimeSpan, terminal.Time, cancellation);
        }
        catch (ArgumentException error) when (error.ParamName == "streams")
        {
            throw new CommandException($"--stream: {error.Message}", ExitCode.Usage);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C is how it ends.
        }

        terminal.Error.WriteLine($"stopped; streams and records are in {settings.File}");
        return ExitCode.Done;
    }

    private static void Introduce(Terminal terminal, KinesisEndpointSettings settings, KinesisEndpoint endpoint)
    {
        if (!IPAddress.IsLoopback(settings.Address))
        {
            terminal.Error.WriteLine(
                $"warning: listening on {settings.Address}: signatures are not checked, so everyone who reaches this port can read and write every stream; --bind 127.0.0.1 keeps it to this machine");
        }

        // An address such as 0.0.0.0 is none to connect to.
        var url = IPAddress.Any.Equals(settings.Address) || IPAddress.IPv6Any.Equals(settings.Address)
            ? $"http://127.0.0.1:{endpoint.Uri.Port}"
            : endpoint.Uri.GetLeftPart(UriPartial.Authority);
        var streams = endpoint.Streams;
        terminal.Out.WriteLine($"Kinesis endpoint: {url}");
        terminal.Out.WriteLine($"Data:             {Path.GetFullPath(settings.File)}{(settings.IsThrottled ? "" : "   (shards are not throttled)")}");
        terminal.Out.WriteLine(streams.Count == 0 ? "Streams:          none yet" : "Streams:");
        foreach (var stream in streams)
        {
            terminal.Out.WriteLine(
                FormattableString.Invariant($"  {stream.Name}   {stream.OpenShards:N0} open shard{(stream.OpenShards == 1 ? "" : "s")}, records are kept for {stream.RetentionHours:N0} h"));
        }

        terminal.Out.WriteLine();
        terminal.Out.WriteLine("Any region and any credentials will do, but the AWS CLI wants some:");
        terminal.Out.WriteLine("  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=us-east-1");
        var name = streams.Count == 0 ? "flights" : streams[0].Name;
        if (streams.Count == 0)
        {
            terminal.Out.WriteLine($"  aws kinesis create-stream --endpoint-url {url} --stream-name {name} --shard-count 1");
        }

        terminal.Out.WriteLine(
            $$"""  aws kinesis put-records --endpoint-url {{url}} --cli-binary-format raw-in-base64-out --stream-name {{name}} --records '[{"PartitionKey":"k1","Data":"{\"id\":1}"}]'""");
        terminal.Out.WriteLine("  (version 1 of the AWS CLI goes without --cli-binary-format raw-in-base64-out)");
        terminal.Out.WriteLine();
        terminal.Out.WriteLine("Ctrl-C ends it.");
        terminal.Out.Flush();
    }

    /// <summary>A line per event, with the time; events come from several threads.</summary>
    private static Action<string> Report(Terminal terminal)
    {
        var turn = new Lock();
        return line =>
        {
            lock (turn)
            {
                terminal.Error.WriteLine(FormattableString.Invariant($"{terminal.Time.GetLocalNow():HH:mm:ss} {PlainText.Of(line)}"));
            }
        };
    }

    private static IPAddress? ParseAddress(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (IPAddress.TryParse(text == "localhost" ? "127.0.0.1" : text, out var address))
        {
            return address;
        }

        result.AddError($"'{text}' is not an IP address: write 127.0.0.1, or 0.0.0.0 for every network of this machine");
        return null;
    }

    private static InitialStream[] ParseStreams(ArgumentResult result)
    {
        var streams = new List<InitialStream>();
        foreach (var token in result.Tokens)
        {
            var parts = token.Value.Split(':');
            var shards = 1;
            if (parts.Length > 2 || parts[0].Length == 0 || (parts.Length == 2 && !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out shards)))
            {
                result.AddError($"'{token.Value}' is not a stream: write its name, or name:shards, such as flights:4");
                return [];
            }

            streams.Add(new InitialStream(parts[0], shards));
        }

        return [.. streams];
    }
}
