using System.IO.Compression;
using System.Text;
using CsCheck;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Tests.Commit;

/// <summary>A batch that is decoded and judged while another one is committed changes nothing that is ever written.</summary>
public sealed class PreparedBatchTests
{
    private const string Shard = "shard0";

    /// <summary>What is done between two calls of the stores while a batch is committed.</summary>
    private enum Ahead
    {
        Nothing,
        Next,
        NextButOne,
        NextCutAgain,
        TheOneBefore,
    }

    [Fact]
    public void Whatever_is_prepared_and_whoever_else_commits_the_stores_hold_the_same_as_without() =>
        Gen.Select(Gen.Int[1, 9].Array[1, 8], Gen.Int[0, 4].Array[1, 60], Gen.Int[0, 40].Array[0, 4], Gen.Int[0, 4].Array[8], Gen.Int[0, 1_000_000]).Sample((cuts, aheads, fails, others, seed) =>
        {
            var plain = Run(Batches(cuts, seed), [Ahead.Nothing], fails, others);
            var prepared = Run(Batches(cuts, seed), [.. aheads.Select(ahead => (Ahead)ahead)], fails, others);

            Assert.Equal(plain.Reports, prepared.Reports);
            Assert.Equal(plain.Stores, prepared.Stores);
        }, iter: 200);

    [Fact]
    public async Task A_crash_with_a_prepared_batch_loses_nothing_of_it()
    {
        var stream = new StreamFixture();
        var batches = Batches([4, 5], seed: 3);
        var first = await stream.Consumer(Shard);
        await first.Commit(batches[0], CancellationToken.None);
        first.Prepare(batches[1]);

        // The process is gone with what it had prepared; the next one gets the records again.
        first.Dispose();
        using var second = stream.Again(Shard);
        var report = await second.Commit(batches[1], CancellationToken.None);

        Assert.Equal(0, report.Replayed);
        Assert.Equal(report.Batch!.Counts, report.Counts);
        Assert.Equal(batches[1].Records[^1].Sequence.ToString(), (await stream.Head(Shard)).LastSequence);
    }

    /// <param name="batches">The input.</param>
    /// <param name="aheads">What is prepared at each call of a store, and after each commit.</param>
    /// <param name="fails">At which calls of a store it fails.</param>
    /// <param name="others">How many records another process commits before a batch, and before a failed one is tried again.</param>
    private static (List<string> Reports, SortedDictionary<string, string> Stores) Run(List<MicroBatch> batches, Ahead[] aheads, int[] fails, int[] others)
    {
        var stream = new StreamFixture();
        stream.Catalog.Register(new ShardEntry(Shard, []), CancellationToken.None).AsTask().GetAwaiter().GetResult();
        var (current, done, turns) = (0, 0, 0);
        ShardConsumer? consumer = null;
        var interruption = new Interruption((_, _) => true, () =>
        {
            Prepare();
            return fails.Contains(done++) ? throw new IOException("as planned") : Task.CompletedTask;
        });
        using var prepared = consumer = new ShardConsumer(
            stream.Pipeline, new ShardEntry(Shard, []), seed: 7, new InterruptedStateStore(stream.State, interruption), new InterruptedObjectStore(stream.Objects, interruption), new CountedAttempts("p"));
        var reports = new List<string>();
        for (; current < batches.Count; current++)
        {
            // What was prepared of the records that another process commits first must not count.
            OtherCommits(others[current % others.Length]);
            BatchReport? report = null;
            while (report is null)
            {
                try
                {
                    report = consumer.Commit(batches[current], CancellationToken.None).AsTask().GetAwaiter().GetResult();
                }
                catch (Exception error) when (error is IOException or StateUncertainException)
                {
                    OtherCommits(2 * others[current % others.Length]);
                }
            }

            reports.Add($"{report.Value.Counts} {report.Value.Replayed} {report.Value.Batch?.Attempt}");
            Prepare();
        }

        return (reports, Stores(stream).GetAwaiter().GetResult());

        void Prepare()
        {
            var batch = aheads[turns++ % aheads.Length] switch
            {
                Ahead.Next => At(current + 1),
                Ahead.NextButOne => At(current + 2),
                Ahead.NextCutAgain => At(current + 1) is { } next ? new MicroBatch(Shard, [.. Records(next).Skip(1)]) : null,
                Ahead.TheOneBefore => At(current - 1),
                _ => null,
            };
            if (batch is { Records.Count: > 0 })
            {
                consumer!.Prepare(batch);
            }
        }

        MicroBatch? At(int index) => index >= 0 && index < batches.Count ? batches[index] : null;

        void OtherCommits(int count)
        {
            var records = batches.Skip(current).SelectMany(Records).Take(count).ToList();
            if (records.Count > 0)
            {
                using var other = stream.Again(Shard);
                other.Commit(new MicroBatch(Shard, [.. records]), CancellationToken.None).AsTask().GetAwaiter().GetResult();
            }
        }
    }

    private static IEnumerable<StreamRecord> Records(MicroBatch batch)
    {
        for (var i = 0; i < batch.Records.Count; i++)
        {
            yield return batch.Records[i];
        }
    }

    /// <summary>Events with copies and broken ones, some of them compressed: their raw bytes live in buffers of the decoder until they are in quarantine.</summary>
    private static List<MicroBatch> Batches(int[] cuts, int seed)
    {
        // Seeded, and not for secrets.
#pragma warning disable CA5394
        var random = new Random(seed);
        var sequence = 0;
        var batches = new List<MicroBatch>();
        foreach (var cut in cuts)
        {
            var records = new List<StreamRecord>();
            for (var i = 0; i < cut; i++)
            {
                sequence++;
                var key = random.Next(5) == 0 ? "" : $"\"k\":\"k{random.Next(3)}\",";
                var text = $$"""{"id":"id{{random.Next(20)}}",{{key}}"t":{{SmallPipeline.StartUs + (sequence * SmallPipeline.SecondUs)}}}""";
                var bytes = Encoding.UTF8.GetBytes(random.Next(4) == 0 ? text + text : text);
                records.Add(new StreamRecord(SequenceNumber.From((UInt128)(ulong)sequence), random.Next(2) == 0 ? Gzip(bytes) : bytes, SmallPipeline.StartUs + (60 * SmallPipeline.SecondUs)));
            }

            batches.Add(new MicroBatch(Shard, [.. records]));
        }
#pragma warning restore CA5394

        return batches;
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return output.ToArray();
    }

    private static async Task<SortedDictionary<string, string>> Stores(StreamFixture stream)
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        await foreach (var item in stream.State.Query(StateKeys.ShardPk("s", Shard), "", "\uffff", CancellationToken.None))
        {
            all.Add($"{item.Sk} {item.Version} {item.Attempt}", Convert.ToHexString(item.Body.Span));
        }

        await foreach (var item in stream.Objects.List("", CancellationToken.None))
        {
            all.Add(item.Key, Convert.ToHexString((await stream.Objects.Get(item.Key, CancellationToken.None))!));
        }

        return all;
    }
}
