using CsCheck;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Lake;
using static StreamPipeline.Core.Tests.Decoding.Envelopes;

namespace StreamPipeline.Core.Tests.Commit;

/// <summary>A batch that inflates to more than is held at once is committed in parts, and nothing but the number of commits shows it.</summary>
public sealed class CompressedBatchTests
{
    private const string Shard = "shard0";

    /// <summary>A record inflates to some 900 bytes, and a part ends with the one that brings it to 4 KiB: the fifth.</summary>
    private const int PartRecords = 5;

    private static string Yaml => SmallPipeline.Yaml() + "\nlimits: { recordBytes: 1KiB, inflatedBytes: 1KiB }\n";

    [Fact]
    public async Task A_batch_of_bombs_is_committed_in_parts_and_reported_as_one()
    {
        var stream = new StreamFixture(Yaml);
        using var consumer = await stream.Consumer(Shard);
        var batch = Compressed(1, 23);
        var report = await consumer.Commit(batch, CancellationToken.None);

        var items = await stream.Items(Shard);
        Assert.Equal([5, 5, 5, 5, 3], items.Select(item => item.Counts.Records));
        Assert.Equal(new Counts(23, 23, 0, 0, 0), report.Counts with { Late = 0 });
        Assert.Equal(0, report.Replayed);
        Assert.Equal((items[0].FirstSequence, items[^1].LastSequence), (report.Batch!.FirstSequence, report.Batch.LastSequence));
        Assert.Equal((report.Counts, items.Sum(item => item.Silver!.Bytes)), (report.Batch.Counts, report.Batch.Silver!.Bytes));
        Assert.Equal(report.Counts, (await stream.Head(Shard)).Totals);

        // Counted part by part too.
        var again = await consumer.Commit(batch, CancellationToken.None);
        Assert.Equal((0, 23), (again.Counts.Records, again.Replayed));
    }

    [Fact]
    public async Task Plain_records_of_any_number_are_one_commit()
    {
        var stream = new StreamFixture(Yaml);
        using var consumer = await stream.Consumer(Shard);
        await consumer.Commit(new MicroBatch(Shard, [.. Compressed(1, 100).Records.Select((record, i) => record with { Data = Json(i + 1) })]), CancellationToken.None);
        Assert.Equal(100, Assert.Single(await stream.Items(Shard)).Counts.Records);
    }

    /// <summary>However it is cut, whatever was prepared or committed before, and whoever else commits in between.</summary>
    [Fact]
    public void Wherever_a_stream_is_cut_its_tables_are_the_same() =>
        Gen.Select(Gen.Int[1, 30].Array[1, 6], Gen.Bool, Gen.Int[0, 12], Gen.Bool).Sample((cuts, prepare, overlap, beside) =>
        {
            var count = cuts.Sum();
            var expected = Tables([Compressed(1, count)], prepare: false, new Bronze(isBeside: false)).Rows;
            var batches = new List<MicroBatch>();
            for (var (i, first) = (0, 1); i < cuts.Length; first += cuts[i++])
            {
                // Lambda may deliver again what was committed, and more with it.
                var from = Math.Max(1, first - overlap);
                batches.Add(Compressed(from, first + cuts[i] - from));
            }

            var bronze = new Bronze(beside);
            var (rows, reports) = Tables(batches, prepare, bronze);
            Assert.Equal(expected, rows);
            Assert.Equal((count, batches.Sum(batch => batch.Records.Count) - count), (reports.Sum(report => report.Counts.Records), reports.Sum(report => report.Replayed)));

            // Bronze has each record once, in parts as they were committed.
            Assert.Equal(Enumerable.Range(1, count), bronze.Sequences);
            Assert.All(bronze.Parts, part => Assert.InRange(part, 1, PartRecords));
        }, iter: 100);

    [Fact]
    public async Task A_failure_between_two_parts_leaves_the_first_committed_and_the_rest_to_the_next_call()
    {
        var stream = new StreamFixture(Yaml);
        await stream.Catalog.Register(new ShardEntry(Shard, []), CancellationToken.None);
        var bronze = new Bronze(isBeside: false) { FailsAt = 2 };
        using var consumer = new ShardConsumer(stream.Pipeline, new ShardEntry(Shard, []), seed: 7, stream.State, stream.Objects, new CountedAttempts("p"), bronze);
        await Assert.ThrowsAsync<IOException>(async () => await consumer.Commit(Compressed(1, 23), CancellationToken.None));
        Assert.Equal(10, (await stream.Head(Shard)).Totals.Records);

        var report = await consumer.Commit(Compressed(1, 23), CancellationToken.None);
        Assert.Equal((13, 10), (report.Counts.Records, report.Replayed));
        Assert.Equal(23, (await stream.Head(Shard)).Totals.Records);
    }

    private static (List<string> Rows, List<BatchReport> Reports) Tables(List<MicroBatch> batches, bool prepare, Bronze bronze)
    {
        var stream = new StreamFixture(Yaml);
        stream.Catalog.Register(new ShardEntry(Shard, []), CancellationToken.None).AsTask().GetAwaiter().GetResult();
        using var consumer = new ShardConsumer(stream.Pipeline, new ShardEntry(Shard, []), seed: 7, stream.State, stream.Objects, new CountedAttempts("p"), bronze);
        var reports = new List<BatchReport>();
        foreach (var batch in batches)
        {
            if (prepare)
            {
                consumer.Prepare(batch);
            }

            reports.Add(consumer.Commit(batch, CancellationToken.None).AsTask().GetAwaiter().GetResult());
        }

        stream.Close().GetAwaiter().GetResult();
        var silver = stream.SilverRows().GetAwaiter().GetResult().Select(row => row.ToString());
        var gold = stream.GoldRows().GetAwaiter().GetResult().Select(row => row.ToString());
        return ([.. silver, .. gold], reports);
    }

    private static MicroBatch Compressed(int first, int count) => new(
        Shard, [.. Enumerable.Range(first, count).Select(i => new StreamRecord(SequenceNumber.From((UInt128)i), i % 2 == 0 ? Gzip(Json(i)) : Zstd(Json(i)), SmallPipeline.StartUs))]);

    private static byte[] Json(int i) => Utf8(
        $$"""{"id":"{{i % 40}}","k":"k{{i % 3}}","t":{{SmallPipeline.StartUs + ((i * 7 % 50) * SmallPipeline.SecondUs)}},"more":"{{new string('a', 850)}}"}""");

    /// <summary>Keeps what it got.</summary>
    private sealed class Bronze(bool isBeside) : IBronze
    {
        public List<int> Sequences { get; } = [];

        public List<int> Parts { get; } = [];

        public int FailsAt { get; init; } = -1;

        public bool IsBesideProcessing => isBeside;

        private int _calls;

        public ValueTask<string> Write(BronzeRecords records, CancellationToken cancellation)
        {
            if (_calls++ == FailsAt)
            {
                throw new IOException("as planned");
            }

            var sequences = records.Batch.Records.Skip(records.FirstRecord).Select(record => int.Parse(record.Sequence.ToString(), System.Globalization.CultureInfo.InvariantCulture)).ToList();
            Sequences.AddRange(sequences);
            Parts.Add(sequences.Count);
            return ValueTask.FromResult("bronze/" + _calls);
        }
    }
}
