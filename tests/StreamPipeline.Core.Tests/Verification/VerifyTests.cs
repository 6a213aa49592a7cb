using System.Text;
using Apache.Arrow;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Tests.Commit;
using StreamPipeline.Core.Verification;

namespace StreamPipeline.Core.Tests.Verification;

public sealed class VerifyTests
{
    private readonly StreamFixture _stream = new();

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1_000)]
    public async Task A_clean_lake_has_no_difference(int sliceRecords)
    {
        await Fill(folded: true);
        var report = await Verify(sliceRecords);
        Assert.Empty(Differences(report));
        Assert.Empty(report.Notes);
        Assert.Equal(12, Check(report, "records").Expected);
        Assert.Equal(7, Check(report, "silver rows").Found);
        Assert.Equal(2, Check(report, "duplicates").Found);
        Assert.Equal(3, Check(report, "quarantine rows").Found);
        Assert.Equal(1, Check(report, "late in m").Found);
        Assert.Equal(5, Check(report, "gold rows of m").Found);
    }

    /// <summary>The first instant of the year 1, which windows of the year before reach into.</summary>
    [Fact]
    public async Task Windows_that_begin_before_the_year_1_are_compared_too()
    {
        var stream = new StreamFixture(SmallPipeline.Yaml("5s"));
        await stream.Catalog.Open(7, TestContext.Current.CancellationToken);
        using var consumer = await stream.Consumer("s0");
        var batch = SmallPipeline.Batch("s0", SmallPipeline.StartUs, new Event(1, "a", "x", -62_135_596_800_000_000), Row(2, "b", 1));
        await consumer.Commit(batch, TestContext.Current.CancellationToken);
        await stream.FoldAll();
        await stream.Close();
        var report = await new Verify(stream.Pipeline, stream.State, stream.Objects, stream.Catalog, 1_000).Run(null, TestContext.Current.CancellationToken);
        Assert.Empty(Differences(report));
        Assert.Equal(4, Check(report, "gold rows of m").Found);
    }

    [Fact]
    public async Task A_lake_whose_batches_are_not_folded_has_no_difference()
    {
        await Fill(folded: false);
        Assert.Empty(Differences(await Verify()));
        await _stream.FoldAll();
        Assert.Empty(Differences(await Verify()));
    }

    [Fact]
    public async Task Windows_that_are_open_and_not_rolled_are_expected_to_be_absent()
    {
        await Fill(folded: true, closed: false);
        var report = await Verify();
        Assert.Empty(Differences(report));
        Assert.Equal(0, Check(report, "gold rows of m").Found);
    }

    [Fact]
    public async Task Windows_that_got_more_records_since_they_were_rolled_are_compared_with_what_they_had()
    {
        await Fill(folded: true);
        using var consumer = _stream.Again("s0");
        await consumer.Commit(SmallPipeline.Batch("s0", SmallPipeline.StartUs, Row(50, "new", 22)), TestContext.Current.CancellationToken);
        Assert.Empty(Differences(await Verify()));
        await _stream.Close();
        Assert.Empty(Differences(await Verify()));
    }

    [Fact]
    public async Task A_child_of_a_resharded_stream_is_late_by_what_it_inherited_and_verifies()
    {
        await Fill(folded: true);
        using var child = await _stream.Consumer("s2", "s0", "s1");
        await child.Commit(SmallPipeline.Batch("s2", SmallPipeline.StartUs, Row(60, "late too", 1), Row(61, "a", 33), Row(62, "on time", 35)), TestContext.Current.CancellationToken);
        await _stream.Close();
        var report = await Verify();
        Assert.Empty(Differences(report));
        Assert.Equal(2, Check(report, "late in m").Found);
        Assert.Equal(3, Check(report, "duplicates").Found);
    }

    [Fact]
    public async Task A_reconciled_window_is_expected_with_the_late_records_it_had_then()
    {
        await Fill(folded: true);
        var reconcile = new Reconcile(
            _stream.Pipeline, _stream.State, _stream.Objects, _stream.Catalog, _stream.Fold, _stream.Silver, new Dictionary<string, GoldTable> { ["m"] = _stream.Gold });
        var report = Assert.Single(await reconcile.Run(CivilDay.Of(SmallPipeline.StartUs), null, TestContext.Current.CancellationToken));
        Assert.Equal(1, report.Changed);
        Assert.Empty(Differences(await Verify()));

        using var consumer = _stream.Again("s0");
        await consumer.Commit(SmallPipeline.Batch("s0", SmallPipeline.StartUs, Row(50, "later still", 6)), TestContext.Current.CancellationToken);
        await _stream.FoldAll();
        Assert.Empty(Differences(await Verify(sliceRecords: 3)));

        await Rewrite(_stream.Gold.Table, rows => With(rows, "rows", new Int64Array.Builder().AppendRange(
            ((Int64Array)rows.Column("rows")).Values.ToArray().Select((count, row) => row == 0 ? count - 1 : count)).Build()));
        Assert.Contains("expected rows 3", Examples(await Verify(), "gold rows of m"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bronze_of_an_attempt_that_did_not_commit_is_a_note()
    {
        await Fill(folded: true);
        await _stream.Objects.Put("bronze/s/year=2023/month=11/day=14/hour=22/s0-70-71.ndjson.zst", new byte[] { 1 }, TestContext.Current.CancellationToken);
        var report = await Verify();
        Assert.Empty(Differences(report));
        Assert.Contains("1 bronze files", Assert.Single(report.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_silver_file_is_found()
    {
        await Fill(folded: true);
        var file = await File(_stream.Silver);
        await _stream.Objects.Delete(file.Path, TestContext.Current.CancellationToken);
        var report = await Verify();
        Assert.Contains($"{file.Path} of table silver/s is missing", Examples(report, "files"), StringComparison.Ordinal);
        Assert.Contains("batch 1 of shard s0: expected 3, found 0", Examples(report, "silver rows"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dropped_row_is_found()
    {
        await Fill(folded: true);
        await Rewrite(_stream.Silver, rows => RecordBatches.Take(rows, [.. Enumerable.Range(1, rows.Length - 1)]));
        var report = await Verify();
        Assert.Contains("rows: expected 7, found 6", Examples(report, "files"), StringComparison.Ordinal);
        Assert.Contains("batch 1 of shard s0: expected 3, found 2", Examples(report, "silver rows"), StringComparison.Ordinal);
        Assert.Matches("k 'x': expected rows 1, .*", Examples(report, "gold rows of m"));
    }

    [Fact]
    public async Task A_changed_gold_row_is_found_and_named()
    {
        await Fill(folded: true);
        await Rewrite(_stream.Gold.Table, rows => With(rows, "rows", new Int64Array.Builder().AppendRange(
            ((Int64Array)rows.Column("rows")).Values.ToArray().Select((count, row) => row == 1 ? count + 1 : count)).Build()));
        var check = Check(await Verify(), "gold rows of m");
        Assert.Equal(1, check.Differences);
        Assert.Matches("^window_start 2023-11-14T22:13:20Z, window_end 2023-11-14T22:13:30Z, k 'y': expected rows 1, .*; found rows 2, ", check.Examples[0]);
    }

    [Fact]
    public async Task A_lost_and_a_foreign_gold_row_are_found()
    {
        await Fill(folded: true);
        await Rewrite(_stream.Gold.Table, rows => With(rows, "k", new StringArray.Builder().AppendRange(
            Enumerable.Range(0, rows.Length).Select(row => row == 0 ? "other" : ((StringArray)rows.Column("k")).GetString(row))).Build()));
        var examples = Examples(await Verify(), "gold rows of m");
        Assert.Contains("gold lacks window_start 2023-11-14T22:13:20Z, window_end 2023-11-14T22:13:30Z, k 'x'", examples, StringComparison.Ordinal);
        Assert.Contains("k 'other', which silver does not give", examples, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_item_that_is_there_twice_is_found()
    {
        await Fill(folded: true);
        var first = (await _stream.State.Read("SHARD#s#s0", StateKeys.Batch(1), TestContext.Current.CancellationToken))!;
        await _stream.State.Put([first with { Sk = StateKeys.Batch(2) }], TestContext.Current.CancellationToken);
        var report = await Verify();
        Assert.Contains("generation after 1 of shard s0: expected 2, found 1", Examples(report, "batches"), StringComparison.Ordinal);
        Assert.Contains("do not follow", Examples(report, "batches"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_batch_item_is_found()
    {
        await Fill(folded: true);
        await _stream.State.Delete([("SHARD#s#s0", StateKeys.Batch(1))], TestContext.Current.CancellationToken);
        Assert.Contains("generation after 0 of shard s0: expected 1, found 2", Examples(await Verify(), "batches"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_Parquet_footer_is_found_and_no_crash()
    {
        await Fill(folded: true);
        var file = await File(_stream.Silver);
        var content = (await _stream.Objects.Get(file.Path, TestContext.Current.CancellationToken))!;
        content.AsSpan(content.Length - 40, 32).Fill(0xFF);
        await _stream.Objects.Put(file.Path, content, TestContext.Current.CancellationToken);
        Assert.Contains($"{file.Path} cannot be read", Examples(await Verify(), "files"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_and_damaged_bronze_is_found()
    {
        await Fill(folded: true);
        var items = await _stream.Items("s0");
        await _stream.Objects.Delete(items[0].Bronze!, TestContext.Current.CancellationToken);
        await _stream.Objects.Put(items[1].Bronze!, Encoding.UTF8.GetBytes("no zstd"), TestContext.Current.CancellationToken);
        var report = await Verify();
        Assert.Contains($"{items[0].Bronze} is missing: the bronze of batch 1 of shard s0", Examples(report, "files"), StringComparison.Ordinal);
        Assert.Contains($"{items[1].Bronze}, the bronze of batch 2 of shard s0, cannot be read", Examples(report, "files"), StringComparison.Ordinal);
        Assert.False(Check(report, "bronze events").IsOk);
    }

    [Fact]
    public async Task A_record_that_bronze_lost_is_found()
    {
        await Fill(folded: true);
        var item = (await _stream.Items("s0"))[0];
        var batch = BronzeFile.Decode((await _stream.Objects.Get(item.Bronze!, TestContext.Current.CancellationToken))!, item.Bronze!);
        using var encoder = new BronzeEncoder();
        using var rest = encoder.Encode(new MicroBatch("s0", [.. batch.Records.Where((_, i) => i != 1)]), 0);
        await _stream.Objects.Put(item.Bronze!, rest.WrittenMemory, TestContext.Current.CancellationToken);
        var report = await Verify();
        Assert.Contains("s0 / 2 is in silver, and bronze has no such event", Examples(report, "each record once"), StringComparison.Ordinal);
        Assert.Contains("batch 1 of shard s0: expected 5, found 4", Examples(report, "bronze events"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stray_file_below_data_is_found()
    {
        await Fill(folded: true);
        await _stream.Objects.Put("silver/s/data/year=2023/month=11/day=14/stray.parquet", new byte[] { 1 }, TestContext.Current.CancellationToken);
        Assert.Contains("silver/s/data/year=2023/month=11/day=14/stray.parquet is below data/", Examples(await Verify(), "files not committed"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_head_that_counts_less_than_its_batches_is_found()
    {
        await Fill(folded: true);
        var item = (await _stream.State.Read("SHARD#s#s1", StateKeys.Head, TestContext.Current.CancellationToken))!;
        var head = await _stream.Head("s1");
        var lower = head with { Totals = head.Totals with { Silver = head.Totals.Silver - 1, Records = head.Totals.Records - 1 } };
        await _stream.State.Put([item with { Body = lower.ToJson() }], TestContext.Current.CancellationToken);
        var report = await Verify();
        Assert.Contains("shard s1: silver of the head and of its batches: expected 1, found 2", Examples(report, "records"), StringComparison.Ordinal);
        Assert.False(Check(report, "silver rows").IsOk);
    }

    [Fact]
    public async Task A_key_that_is_in_silver_twice_is_found()
    {
        await Fill(folded: true);
        await Rewrite(_stream.Silver, rows => With(rows, "id", new StringArray.Builder().AppendRange(
            Enumerable.Range(0, rows.Length).Select(row => row == 1 ? "a" : ((StringArray)rows.Column("id")).GetString(row))).Build()));
        Assert.Contains("the key of s0 / 2 is also that of s0 / 1", Examples(await Verify(), "keys in silver"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_row_that_is_in_silver_twice_is_found()
    {
        await Fill(folded: true);
        await Rewrite(_stream.Silver, rows => RecordBatches.Take(rows, [0, .. Enumerable.Range(0, rows.Length)]));
        Assert.Contains("s0 / 1 is in silver twice", Examples(await Verify(), "each record once"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_staged_file_of_a_batch_that_is_not_folded_is_found()
    {
        await Fill(folded: false);
        var key = (await _stream.Items("s1"))[0].Silver!.Key;
        await _stream.Objects.Delete(key, TestContext.Current.CancellationToken);
        Assert.Contains($"{key} is missing: a committed batch that is not folded yet names it", Examples(await Verify(), "files"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_head_is_found_and_no_crash()
    {
        await Fill(folded: true);
        var item = (await _stream.State.Read("SHARD#s#s1", StateKeys.Head, TestContext.Current.CancellationToken))!;
        await _stream.State.Put([item with { Body = new byte[] { 1, 2 } }], TestContext.Current.CancellationToken);
        Assert.Contains("the head of shard s1 cannot be read", Examples(await Verify(), "batches"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_committed_while_a_verification_runs_is_left_out()
    {
        await Fill(folded: true);
        using var consumer = _stream.Again("s0");
        var next = 100;
        var interruption = new Interruption(atCall: 12, async () =>
        {
            await consumer.Commit(SmallPipeline.Batch("s0", SmallPipeline.StartUs, Row(next, $"more {next}", 40)), default);
            next++;
            await _stream.FoldAll();
        });
        var verify = new Verify(
            _stream.Pipeline, new InterruptedStateStore(_stream.State, interruption), new InterruptedObjectStore(_stream.Objects, interruption), _stream.Catalog);
        Assert.Empty(Differences(await verify.Run(null, TestContext.Current.CancellationToken)));
        Assert.True(interruption.Calls > 12);
    }

    /// <summary>Two shards, five batches: seven silver rows, two copies, three quarantined, one late.</summary>
    private async Task Fill(bool folded, bool closed = true)
    {
        await _stream.Catalog.Open(7, default);
        using var s0 = await _stream.Consumer("s0");
        using var s1 = await _stream.Consumer("s1");
        await s0.Commit(SmallPipeline.Batch("s0", SmallPipeline.StartUs, Row(1, "a", 1), Row(2, "b", 2, "y"), Row(3, "a", 3), Bad(4), Row(5, "c", 15)), default);
        await s1.Commit(SmallPipeline.Batch("s1", SmallPipeline.StartUs, Row(1, "d", 4), Bad(2)), default);
        await s0.Commit(SmallPipeline.Batch("s0", SmallPipeline.StartUs, Row(6, "late", 5), Row(7, "e", 21)), default);
        if (folded)
        {
            await _stream.FoldAll();
        }

        await s1.Commit(SmallPipeline.Batch("s1", SmallPipeline.StartUs, Row(3, "f", 31), Row(4, "d", 32)), default);
        await s0.Commit(SmallPipeline.Batch("s0", SmallPipeline.StartUs, Bad(8)), default);
        if (folded)
        {
            await _stream.FoldAll();
        }

        if (closed)
        {
            await _stream.Close();
        }
    }

    private static Event Row(long sequence, string id, int second, string key = "x") =>
        new(sequence, id, key, SmallPipeline.StartUs + (second * SmallPipeline.SecondUs));

    /// <summary>Later than any arrival allows.</summary>
    private static Event Bad(long sequence) => new(sequence, $"bad {sequence}", "x", SmallPipeline.StartUs + (400L * 86_400 * SmallPipeline.SecondUs));

    private Task<VerifyReport> Verify(long sliceRecords = 1_000) =>
        new Verify(_stream.Pipeline, _stream.State, _stream.Objects, _stream.Catalog, sliceRecords).Run(null, default);

    private static VerifyCheck Check(VerifyReport report, string name) => Assert.Single(report.Checks, check => check.Name == name);

    private static string Examples(VerifyReport report, string name)
    {
        var check = Check(report, name);
        Assert.False(check.IsOk);
        return string.Join('\n', check.Examples);
    }

    private static IEnumerable<string> Differences(VerifyReport report) =>
        report.Checks.Where(check => !check.IsOk).SelectMany(check => check.Examples.Prepend($"{check.Name}: {check.Expected} {check.Found}"));

    private static async Task<TableFile> File(LakeTable table) => (await table.Load(default)).Files[0];

    private async Task Rewrite(LakeTable table, Func<RecordBatch, RecordBatch> change)
    {
        var file = Assert.Single((await Compact(table)).Files);
        var rows = change(await ParquetTableFile.Read(await _stream.Objects.Get(file.Path, default), default));
        await _stream.Objects.Put(file.Path, await ParquetTableFile.Write(rows.Schema, [rows], default), default);
    }

    /// <summary>All rows of the table in one file, in the order of their files.</summary>
    private async Task<TableSnapshot> Compact(LakeTable table)
    {
        var snapshot = await table.Open(default);
        if (snapshot.Files.Count == 1)
        {
            return snapshot;
        }

        var rows = new List<RecordBatch>();
        foreach (var old in snapshot.Files)
        {
            rows.Add(await ParquetTableFile.Read(await _stream.Objects.Get(old.Path, default), default));
        }

        var content = await ParquetTableFile.Write(rows[0].Schema, rows, default);
        await _stream.Objects.Put("_staged/one", content, default);
        var file = new TableFile(
            $"{table.DataPrefix}one.parquet", "_staged/one", rows.Sum(batch => batch.Length), content.Length, snapshot.Files[0].Day,
            snapshot.Files.Min(old => old.MinTimeUs), snapshot.Files.Max(old => old.MaxTimeUs));
        var change = new TableChange { Added = [file], Removed = snapshot.Files.Select(old => old.Path).ToHashSet() };
        return (await table.Commit(snapshot, change, default))!;
    }

    private static RecordBatch With(RecordBatch rows, string column, IArrowArray values) => new(
        rows.Schema, rows.Schema.FieldsList.Select((field, i) => field.Name == column ? values : rows.Column(i)), rows.Length);
}
