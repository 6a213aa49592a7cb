namespace StreamPipeline.Cli.Tests.EndToEnd;

/// <summary>Inputs that cannot be read, or not to their end.</summary>
public sealed class BadFileTests : IDisposable
{
    private readonly Workspace _work = new();

    public void Dispose() => _work.Dispose();

    [Fact]
    public async Task A_missing_file_is_refused() =>
        (await _work.Run(_work.PathOf("none.ndjson"))).Refused(ExitCode.Usage, $"error: {_work.PathOf("none.ndjson")} does not exist");

    [Fact]
    public async Task A_folder_without_events_is_refused()
    {
        _work.Write("in/readme.txt", "nothing");
        (await _work.Run(_work.PathOf("in"))).Refused(
            ExitCode.Usage, $"error: the folder {_work.PathOf("in")} holds no *.ndjson, *.jsonl or *.json file, also none with .gz or .zst");
    }

    [Fact]
    public async Task What_is_passed_over_in_a_folder_is_told_with_the_reason()
    {
        var lines = Workspace.FlightLines().Take(20).ToList();
        _work.Write("in/a.ndjson", lines);
        var outcome = await _work.Run(_work.PathOf("in"));
        Assert.Equal((20, ""), (outcome.Done().Records, outcome.Error));

        _work.Write("in/.hidden.ndjson", lines);
        _work.Write("in/.git/x.ndjson", lines);
        _work.Write("in/readme.txt", "no input");
        File.CreateSymbolicLink(_work.PathOf("in/link.ndjson"), _work.PathOf("in/a.ndjson"));

        // Only a shell can write a name that is not UTF-8, and remove it.
        await Shell("cp \"$1/a.ndjson\" \"$1/$(printf 'caf\\351.ndjson')\"");
        outcome = await _work.Run(_work.PathOf("in"));
        await Shell("rm \"$1\"/caf*");
        Assert.Equal((ExitCode.Done, 20), (outcome.Code, outcome.Counts.Replayed));
        Assert.Equal(
            $"warning: 3 files or folders in {_work.PathOf("in")} are not read: .hidden.ndjson (hidden), caf\uFFFD.ndjson (its name is not UTF-8), link.ndjson (a symbolic link); rename what is to be read, or name it as --input\n",
            outcome.Error);

        async Task Shell(string script)
        {
            using var shell = System.Diagnostics.Process.Start("sh", ["-c", script, "sh", _work.PathOf("in")]);
            await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, shell.ExitCode);
        }
    }

    [Fact]
    public async Task A_device_is_refused() =>
        (await _work.Run("/dev/zero")).Refused(
            ExitCode.Usage, "error: /dev/zero is a pipe or a device, which cannot be read twice; hand it over on standard input: --input - < /dev/zero");

    [Fact]
    public async Task An_empty_file_is_an_input_without_records()
    {
        Assert.Equal(new RunCounts(0, 0, 0, 0, 0, 0, 0), (await _work.Run(_work.Write("empty.ndjson", ""))).Done());
        Assert.Equal(new RunCounts(0, 0, 0, 0, 0, 0, 0), (await _work.Run(_work.Write("blank.ndjson", "\n \r\n\t\n"))).Done());
        Assert.Empty(LakeFiles.Files(_work.Lake));
    }

    [Fact]
    public async Task Binary_noise_is_quarantined_whole()
    {
        var noise = new byte[200_000];
        new Random(7).NextBytes(noise);
        var lines = noise.Count(value => value == '\n') + 1;

        var counts = (await _work.Run(_work.Write("noise.ndjson", noise))).Done();

        Assert.Equal(0, counts.Silver);
        Assert.Equal(counts.Records, counts.Quarantined);
        Assert.InRange(counts.Records, lines - 10, lines);
        Assert.All(LakeFiles.Reasons(_work.Lake, "flights"), reason =>
            Assert.Contains(reason.Split('|')[0], (string[])["malformed_json", "invalid_utf8", "corrupt_compression"]));
    }

    [Fact]
    public async Task A_gzip_cut_short_gives_its_whole_lines_and_exit_code_1()
    {
        var lines = Workspace.FlightLines().Take(500).ToList();
        var whole = Workspace.Gzip(System.Text.Encoding.UTF8.GetBytes(string.Concat(lines)));
        var outcome = await _work.Run(_work.Write("cut.ndjson.gz", whole[..(whole.Length / 2)]));

        Assert.Equal(ExitCode.Failed, outcome.Code);
        var counts = outcome.Counts;
        Assert.InRange(counts.Records, 100, 400);
        Assert.Equal(1, counts.Quarantined);
        Assert.Matches(
            $"^error: cut\\.ndjson\\.gz: the gzip data ends early, after {whole.Length / 2:N0} bytes; {counts.Records} lines \\([0-9,]+ bytes\\) were read\n$", outcome.Error);
        Assert.Equal(["input_truncated|1"], LakeFiles.Reasons(_work.Lake, "flights"));
        AssertFirst(lines, counts);

        // The cut file is an input of its own; so is the whole one that comes later, whose first lines are copies then.
        var later = (await _work.Run(_work.Write("whole.ndjson.gz", whole))).Done();
        Assert.Equal(500, later.Records);
        var alone = _work.PathOf("alone");
        (await Workspace.RunInto(alone, Workspace.FlightsPipeline, _work.PathOf("whole.ndjson.gz"))).Done();
        Assert.Equal(
            LakeFiles.Content(alone, "silver/flights", LakeFiles.Arrival), LakeFiles.Content(_work.Lake, "silver/flights", LakeFiles.Arrival));
    }

    [Fact]
    public async Task A_corrupt_zstd_gives_what_is_good_and_exit_code_1()
    {
        var lines = Workspace.FlightLines().Take(600).ToList();
        var good = Workspace.Zstd(System.Text.Encoding.UTF8.GetBytes(string.Concat(lines.Take(300))));
        var bad = Workspace.Zstd(System.Text.Encoding.UTF8.GetBytes(string.Concat(lines.Skip(300))));
        bad.AsSpan(bad.Length / 2, 40).Fill(0xFF);
        var outcome = await _work.Run(_work.Write("corrupt.ndjson.zst", [.. good, .. bad]));

        Assert.Equal(ExitCode.Failed, outcome.Code);
        Assert.StartsWith("error: corrupt.ndjson.zst: the zstd data is damaged within its first ", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(300, outcome.Counts.Records);
        AssertFirst(lines, outcome.Counts);
    }

    [Fact]
    public async Task A_zstd_bomb_ends_at_a_bound_in_time_and_in_memory()
    {
        // 4 GiB of zeros in 32 frames, after one good line.
        var line = Workspace.FlightLines()[0];
        var frame = Workspace.Zstd(new byte[128 << 20]);
        byte[] bomb = [.. Workspace.Zstd(System.Text.Encoding.UTF8.GetBytes(line)), .. Enumerable.Repeat(frame, 32).SelectMany(part => part)];
        Assert.InRange(bomb.Length, 1, 1 << 20);
        string[] run = ["run", "--pipeline", Workspace.FlightsPipeline, "--input", _work.Write("bomb.zst", bomb), "--lake", _work.Lake, "--output", "json"];
        var outcome = await CommandProcess.RunWithin(heapMegabytes: 40, _work.Folder, run);
        var again = await CommandProcess.RunWithin(heapMegabytes: 40, _work.Folder, run);

        Assert.Equal(ExitCode.Failed, outcome.Code);
        Assert.Equal((ExitCode.Failed, outcome.Error), (again.Code, again.Error));
        Assert.Equal(new RunCounts(0, 0, 0, 0, Replayed: 2, 0, 0), again.Counts);
        Assert.Matches(
            "^error: bomb\\.zst: line 2 is beyond 1,073,741,824 bytes: this looks like a decompression bomb, or not like lines; 2 lines \\([0-9,]+ bytes\\) were read\n$", outcome.Error);
        Assert.Equal(new RunCounts(2, 1, 0, 1, 0, 0, 1), outcome.Counts);
        Assert.Equal(["record_too_large|1"], LakeFiles.Reasons(_work.Lake, "flights"));
    }

    /// <summary>Silver is that of the first lines, as many as were read.</summary>
    private void AssertFirst(List<string> lines, RunCounts counts)
    {
        var ids = lines.Take((int)(counts.Records - counts.Quarantined)).Select(line => line[14..line.IndexOf('"', 14)]).Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(ids, LakeFiles.Rows($"SELECT flight_id FROM {LakeFiles.Table(_work.Lake, "silver/flights")} ORDER BY ALL"));
    }
}
