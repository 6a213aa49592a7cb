using CsCheck;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Verification;

namespace StreamPipeline.Core.Tests.Commit;

/// <summary>
/// Random histories of a stream whose shards split, merge, fall silent and are sealed while rolls go by, against a model that knows only which
/// ids were sent and what silver and the batch items say.
/// </summary>
public sealed class ReshardPropertyTests
{
    private const long Second = SmallPipeline.SecondUs;
    private const long Start = SmallPipeline.StartUs;
    private const int Keys = 16;

    private static readonly Gen<Step> _step = Gen.Frequency(
        (8, Gen.Select(Gen.Int[0, Keys - 1], Gen.Int[0, 40], Gen.Int[-20, 20]).Select((key, id, jitter) => new Step('s', key, id, jitter))),
        (1, Gen.Int[0, Keys - 1].Select(key => new Step('p', key, 0, 0))),
        (1, Gen.Int[0, Keys - 1].Select(key => new Step('m', key, 0, 0))),
        (1, Gen.Int[1, 90].Select(seconds => new Step('r', 0, seconds, 0))));

    [Fact]
    public Task Splits_merges_and_seals_lose_nothing_and_count_nothing_twice() => _step.Array[1, 60].SampleAsync(
        async steps =>
        {
            var history = new History();
            for (var at = 0; at < steps.Length; at++)
            {
                await history.Take(steps[at], at);
            }

            await history.Check();
        },
        iter: 80);

    private readonly record struct Step(char What, int Key, int Number, int JitterSeconds);

    private sealed class History
    {
        private readonly StreamFixture _stream = new();
        private readonly List<Lane> _lanes = [];
        private readonly HashSet<(int Key, int Id)> _sent = [];
        private readonly Dictionary<string, ShardHead> _heads = [];
        private long _records;
        private long _nowUs = Start;
        private int _shards;

        public History() => _lanes.Add(new Lane("shard0", [], 0, Keys));

        public async Task Take(Step step, int at)
        {
            var lane = _lanes.Single(lane => lane.From <= step.Key && step.Key < lane.To);
            switch (step.What)
            {
                case 's':
                    await Send(lane, step, at);
                    break;
                case 'p' when lane.To - lane.From > 1:
                    var middle = (lane.From + lane.To) / 2;
                    await Replace([lane], [(lane.From, middle), (middle, lane.To)]);
                    break;
                case 'm' when _lanes.FirstOrDefault(other => other.From == lane.To) is { } next:
                    await Replace([lane, next], [(lane.From, next.To)]);
                    break;
                case 'r':
                    _nowUs += step.Number * Second;
                    await _stream.Roll.Run(closeAll: false, new SealClock(_nowUs, long.MinValue), CancellationToken.None);
                    break;
                default:
                    break;
            }

            await CheckHeads();
        }

        public async Task Check()
        {
            await _stream.Close();
            var rows = await _stream.SilverRows();
            Assert.Equal(_sent.Count, rows.Count);
            Assert.Equal(_sent.Count, rows.Select(row => row.Id).Distinct().Count());
            var totals = _heads.Values.Aggregate(default(Counts), (sum, head) => sum + head.Totals);
            Assert.Equal(new Counts(_records, _sent.Count, _records - _sent.Count, 0, totals.Late), totals);

            var (gold, late) = await Replay(rows);
            Assert.Equal(late, totals.Late);
            Assert.Equal(gold, await _stream.GoldRows());
            var report = await new Verify(_stream.Pipeline, _stream.State, _stream.Objects, _stream.Catalog, sliceRecords: 10).Run(null, default);
            Assert.Empty(report.Checks.Where(check => !check.IsOk).SelectMany(check => check.Examples.Prepend(check.Name)));
        }

        /// <summary>Lateness recomputed from silver and the batch items alone.</summary>
        private async Task<(SortedDictionary<(long, string), long> Gold, long Late)> Replay(
            List<(string Shard, long Sequence, string Id, string Key, long TimeUs)> rows)
        {
            var gold = new SortedDictionary<(long, string), long>();
            long late = 0;
            foreach (var shard in _heads.Keys)
            {
                var watermarkUs = long.MinValue;
                foreach (var item in await _stream.Items(shard))
                {
                    watermarkUs = Math.Max(watermarkUs, item.SealedWatermarkUs ?? long.MinValue);
                    var first = long.Parse(item.FirstSequence ?? "1", null);
                    var last = long.Parse(item.LastSequence ?? "0", null);
                    foreach (var row in rows.Where(row => row.Shard == shard && row.Sequence >= first && row.Sequence <= last))
                    {
                        var startUs = row.TimeUs - (row.TimeUs % SmallPipeline.WindowUs);
                        if (startUs + SmallPipeline.WindowUs <= watermarkUs)
                        {
                            late++;
                        }
                        else
                        {
                            gold[(startUs, row.Key)] = gold.GetValueOrDefault((startUs, row.Key)) + 1;
                        }

                        watermarkUs = Math.Max(watermarkUs, row.TimeUs);
                    }
                }

                Assert.Equal(watermarkUs, (await _stream.Head(shard)).WatermarkUs);
            }

            return (gold, late);
        }

        private async Task Send(Lane lane, Step step, int at)
        {
            _nowUs += Second;
            lane.Consumer ??= await _stream.Consumer(lane.Shard, lane.Parents);
            var sequence = ++lane.Sequence;
            var timeUs = Start + ((at + step.JitterSeconds) * Second);
            var record = new Event(sequence, $"{step.Key}-{step.Number}", $"k{step.Key % 3}", timeUs);
            _sent.Add((step.Key, step.Number));
            _records++;
            var report = await lane.Consumer.Commit(SmallPipeline.Batch(lane.Shard, _nowUs, record), CancellationToken.None);
            Assert.Equal(1, report.Counts.Records);
            if (at % 3 == 0)
            {
                Assert.Equal(1, (await lane.Consumer.Commit(SmallPipeline.Batch(lane.Shard, _nowUs, record), CancellationToken.None)).Replayed);
            }
        }

        /// <summary>Registered at once, as the stream shows them; read when they get their first record.</summary>
        private async Task Replace(IReadOnlyList<Lane> parents, IReadOnlyList<(int From, int To)> ranges)
        {
            foreach (var (from, to) in ranges)
            {
                var child = new Lane($"shard{++_shards}", [.. parents.Select(lane => lane.Shard)], from, to);
                _lanes.Add(child);
                await _stream.Catalog.Register(new ShardEntry(parents[0].Shard, parents[0].Parents), CancellationToken.None);
                await _stream.Catalog.Register(new ShardEntry(child.Shard, child.Parents), CancellationToken.None);
            }

            foreach (var parent in parents)
            {
                _lanes.Remove(parent);
            }
        }

        /// <summary>Nothing that is committed ever goes back.</summary>
        private async Task CheckHeads()
        {
            foreach (var shard in await _stream.Catalog.Shards(CancellationToken.None))
            {
                if (await _stream.Batches.Head(shard.Shard, CancellationToken.None) is not { } head)
                {
                    continue;
                }

                if (_heads.TryGetValue(shard.Shard, out var before))
                {
                    Assert.True(head.WatermarkUs >= before.WatermarkUs && head.Generation >= before.Generation && (head.Final || !before.Final));
                    Assert.True(!before.Final || head.Generation == before.Generation);
                }

                _heads[shard.Shard] = head;
                Assert.Equal(head.Generation, (await _stream.Items(shard.Shard)).Count);
            }
        }

        private sealed class Lane(string shard, string[] parents, int from, int to)
        {
            public string Shard => shard;

            public string[] Parents => parents;

            public int From => from;

            public int To => to;

            public ShardConsumer? Consumer { get; set; }

            public long Sequence { get; set; }
        }
    }
}
