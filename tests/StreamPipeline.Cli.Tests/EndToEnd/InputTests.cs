using System.Globalization;
using CsCheck;

namespace StreamPipeline.Cli.Tests.EndToEnd;

/// <summary>An input is known by its content; how it is packed, cut or handed over does not show in the lake.</summary>
public sealed class InputTests : IDisposable
{
    private static readonly string[] _tables = ["silver/flights", "quarantine/flights", "gold/delays_by_origin", "gold/delays_by_state"];

    private readonly Workspace _work = new();

    public void Dispose() => _work.Dispose();

    [Fact]
    public async Task Two_inputs_cut_at_any_line_give_the_lake_of_the_whole()
    {
        var lines = Workspace.FlightLines();
        var whole = (await _work.Run(Workspace.FlightsFile)).Done();
        var cuts = 0;
        await Gen.Int[1, lines.Count - 1].SampleAsync(
            async cut =>
            {
                var name = $"cut-{Interlocked.Increment(ref cuts)}";
                var first = _work.Write($"{name}/a.ndjson", lines.Take(cut));
                var second = _work.Write($"{name}/b.ndjson", lines.Skip(cut));
                var lake = _work.PathOf($"{name}/lake");
                var counts = (await Workspace.RunInto(lake, Workspace.FlightsPipeline, first)).Done()
                    + (await Workspace.RunInto(lake, Workspace.FlightsPipeline, second)).Done();
                Assert.Equal(whole with { Batches = 0 }, counts with { Batches = 0 });
                AssertSameTables(_work.Lake, lake);
            },
            iter: 4,
            threads: 1);
    }

    [Fact]
    public async Task A_folder_is_its_files_in_order()
    {
        var lines = Workspace.FlightLines().Take(3_000).ToList();
        var whole = (await _work.Run(_work.Write("whole.ndjson", lines))).Done();
        _work.Write("in/b/2.ndjson.gz", Workspace.Gzip(Bytes(lines[1_000..2_000])));
        _work.Write("in/a.jsonl", lines[..1_000]);
        _work.Write("in/c.ndjson.zst", Workspace.Zstd(Bytes(lines[2_000..])));
        _work.Write("in/readme.txt", "not an input");
        _work.Write("in/.hidden.ndjson", "{}");

        var lake = _work.PathOf("folder");
        var outcome = await Workspace.RunInto(lake, Workspace.FlightsPipeline, _work.PathOf("in"));

        Assert.Equal(whole with { Batches = 0 }, outcome.Counts with { Batches = 0 });
        Assert.StartsWith($"warning: 1 file or folder in {_work.PathOf("in")} is not read: .hidden.ndjson (hidden);", outcome.Error, StringComparison.Ordinal);
        AssertSameTables(_work.Lake, lake);
    }

    [Fact]
    public async Task Plain_gzip_and_zstd_of_the_same_lines_are_the_same_input()
    {
        var lines = Bytes(Workspace.FlightLines().Take(500));
        var first = (await _work.Run(_work.Write("plain.ndjson", lines))).Done();
        var files = LakeFiles.Hashes(_work.Lake);
        string[] packed = [_work.Write("a.ndjson.gz", Workspace.Gzip(lines)), _work.Write("b.ndjson.zst", Workspace.Zstd(lines)), _work.Write("no-extension", Workspace.Zstd(lines))];
        foreach (var input in packed)
        {
            Assert.Equal(new RunCounts(0, 0, 0, 0, first.Records, 0, 0), (await _work.Run(input)).Done());
        }

        Assert.Equal(files, LakeFiles.Hashes(_work.Lake));
    }

    [Fact]
    public async Task Standard_input_is_the_file_with_the_same_content()
    {
        var input = _work.Write("lines.ndjson", Workspace.FlightLines().Take(500));
        var piped = await CommandProcess.Run(
            _work.Folder, await File.ReadAllBytesAsync(input, TestContext.Current.CancellationToken),
            "run", "--pipeline", Workspace.FlightsPipeline, "--input", "-", "--lake", _work.Lake, "--output", "json");
        Assert.Equal(500, piped.Done().Records);

        Assert.Equal(new RunCounts(0, 0, 0, 0, Replayed: 500, 0, 0), (await _work.Run(input)).Done());
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_work.Lake, "_spool")));
    }

    [Fact]
    public async Task The_same_content_with_other_shards_is_refused_and_changes_nothing()
    {
        var input = _work.Write("lines.ndjson", Workspace.FlightLines().Take(500));
        (await _work.Run(input, "--shards", "2")).Done();
        var files = LakeFiles.Hashes(_work.Lake);

        var copy = _work.Write("copy.ndjson", await File.ReadAllBytesAsync(input, TestContext.Current.CancellationToken));
        (await _work.Run(copy, "--shards", "3")).Refused(
            ExitCode.Usage,
            "error: copy.ndjson: this input is in the lake with --shards 2 (as lines.ndjson); with --shards 3 its records would take other lanes and count twice: use --shards 2, or another lake");

        Assert.Equal(files, LakeFiles.Hashes(_work.Lake));
    }

    [Fact]
    public async Task Inspect_tells_of_a_stream_that_has_no_table_yet()
    {
        (await _work.Run(_work.Write("lines.ndjson", Workspace.FlightLines().Take(500)))).Done();
        foreach (var table in (string[])["silver", "quarantine", "gold"])
        {
            Directory.Delete(Path.Combine(_work.Lake, table), recursive: true);
        }

        _work.Write("lake/_staged/flights/lane-000000000000/000000000001-a-rows.arrows", "rows");
        _work.Write("lake/_staged/fold/silver~other~1-a-0.parquet", "rows");
        var outcome = await CommandProcess.Run(_work.Folder, [], "inspect", "--lake", _work.Lake, "--output", "json");
        Assert.Equal(ExitCode.Done, outcome.Code);
        var lake = System.Text.Json.JsonDocument.Parse(outcome.Out).RootElement;
        Assert.Equal(500, Assert.Single(lake.GetProperty("inputs").EnumerateArray()).GetProperty("records").GetInt64());
        Assert.Equal("flights", Assert.Single(lake.GetProperty("shards").EnumerateArray()).GetProperty("stream").GetString());
    }

    [Fact]
    public async Task A_record_that_a_lambda_event_has_twice_is_replayed_and_one_with_other_data_refused()
    {
        var lines = Workspace.FlightLines().Take(3).ToList();
        var records = lines.Select((line, i) => LambdaRecord(i + 1, line)).ToList();
        var counts = (await _work.Run(_work.Write("twice.json", LambdaEvent([.. records, records[0], records[2], records[2]])))).Done();
        Assert.Equal((3, 3), (counts.Records, counts.Replayed));

        (await _work.Run(_work.Write("differs.json", LambdaEvent([.. records, LambdaRecord(2, lines[0])])))).Refused(
            ExitCode.Usage,
            $"error: differs.json: shard shardId-000000000000 has the sequence number 2 twice, with other data each time ({lines[1].Length:N0} and {lines[0].Length:N0} bytes): a stream gives a number out once");

        static string LambdaEvent(IReadOnlyList<string> records) => "{\"Records\":[" + string.Join(',', records) + "]}";
        static string LambdaRecord(int sequence, string line) =>
            $$$"""{"eventSource":"aws:kinesis","eventID":"shardId-000000000000:{{{sequence}}}","kinesis":{"sequenceNumber":"{{{sequence}}}","approximateArrivalTimestamp":1767225600.5,"data":"{{{Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(line))}}}"}}""";
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(4, 1)]
    [InlineData(2, 3)]
    public async Task Another_input_with_other_shards_adds_and_is_deduplicated_against_the_earlier(int before, int after)
    {
        var lines = Workspace.FlightLines();
        var first = (await _work.Run(_work.Write("first.ndjson", lines.Take(2_000)), "--shards", Text(before))).Done();
        var second = (await _work.Run(_work.Write("second.ndjson", lines.Skip(1_000).Take(2_000)), "--shards", Text(after))).Done();

        // The reference: one run over the lines of both, of which the second thousand come twice.
        var lake = _work.PathOf("reference");
        var whole = (await Workspace.RunInto(lake, Workspace.FlightsPipeline, _work.Write("whole.ndjson", lines.Take(2_000).Concat(lines.Skip(1_000).Take(2_000))))).Done();
        Assert.Equal(whole with { Batches = 0, Late = 0 }, (first + second) with { Batches = 0, Late = 0 });
        Assert.True(second.Duplicates > 900);
        Assert.Equal(
            LakeFiles.Content(lake, "silver/flights", LakeFiles.ArrivalAndShard),
            LakeFiles.Content(_work.Lake, "silver/flights", LakeFiles.ArrivalAndShard));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static byte[] Bytes(IEnumerable<string> lines) => System.Text.Encoding.UTF8.GetBytes(string.Concat(lines));

    private static void AssertSameTables(string expected, string actual)
    {
        foreach (var table in _tables)
        {
            var without = table.StartsWith("gold/", StringComparison.Ordinal) ? null : LakeFiles.Arrival;
            Assert.Equal(LakeFiles.Content(expected, table, without), LakeFiles.Content(actual, table, without));
        }
    }
}
