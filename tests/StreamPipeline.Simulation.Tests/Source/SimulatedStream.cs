using System.Globalization;
using System.IO.Hashing;
using System.Text;
using StreamPipeline.Simulation.Tests.Oracle;
using StreamPipeline.Simulation.Tests.Running;
using StreamPipeline.Simulation.Tests.Scheduling;

namespace StreamPipeline.Simulation.Tests.Source;

/// <summary>The stream and its producers: events with all their oddities, shards that split and merge.</summary>
internal sealed class SimulatedStream
{
    private const int Points = 1_000;
    private const int ShardsMax = 8;
    private const int RecentMax = 25;
    private const long SecondUs = 1_000_000;

    private readonly FaultPlan _faults;
    private readonly Dice _dice;
    private readonly Trace _trace;
    private readonly SimulatedClock _clock;
    private readonly List<SourceShard> _shards = [];
    private readonly List<SourceEvent> _recent = [];
    private ulong _sequence;
    private int _events;
    private int _burst;

    public SimulatedStream(Scenario scenario, FaultPlan faults, SimulatedClock clock, Trace trace)
    {
        _faults = faults;
        _dice = Dice.For(scenario.Seed, "producers");
        _trace = trace;
        _clock = clock;
        Remaining = scenario.Records;

        // Sequence numbers grow by a digit on the way: text order is not number order.
        _sequence = 99_000;
        for (var i = 0; i < scenario.Shards; i++)
        {
            Open([], Points * i / scenario.Shards, Points * (i + 1) / scenario.Shards);
        }
    }

    public WindowOracle Windows { get; } = new();

    public IReadOnlyList<SourceShard> Shards => _shards;

    /// <summary>Records that producers have still to send.</summary>
    public int Remaining { get; private set; }

    public SourceShard Find(string id) => _shards.Find(shard => shard.Id == id)
        ?? throw new InvalidOperationException($"there is no shard {id}");

    /// <summary>A producer sends a record and the stream accepts it.</summary>
    public void Produce()
    {
        Remaining--;
        _burst = _burst > 0 ? _burst - 1 : _faults.Happens(Fault.Burst) ? _faults.DiceOf(Fault.Burst).Below(20) : 0;
        if (_burst == 0)
        {
            _clock.Advance(_dice.Between(SecondUs, 40 * SecondUs));
        }

        var first = Event();
        List<SourceEvent> events = [first];
        if (_faults.Happens(Fault.Aggregate))
        {
            var more = _faults.DiceOf(Fault.Aggregate).Below(4);
            for (var i = 0; i < more; i++)
            {
                events.Add(Event());
            }
        }

        var shard = _faults.Happens(Fault.WrongShard)
            ? _faults.DiceOf(Fault.WrongShard).Pick(_shards.FindAll(shard => !shard.Closed))
            : ShardOf(first.Id);
        _sequence += (ulong)_dice.Between(1, 30);
        var data = events.Count == 1 ? Encoding.UTF8.GetBytes(first.Json()) : KplAggregation.Pack(events);
        var record = new SourceRecord(_sequence, _clock.NowUs - _dice.Between(0, SecondUs), events, data);
        shard.Accept(record);
        _trace.Note("producer", $"{shard.Id} {record.Sequence}", string.Join(" ", events.Select(item => $"{item.Id}@{item.TimeUs / SecondUs}")));
    }

    /// <summary>Splits a shard, as an operator or on-demand mode does.</summary>
    public void Split(Dice dice)
    {
        var open = _shards.FindAll(shard => !shard.Closed && shard.High - shard.Low > 1);
        if (_shards.Count + 2 > ShardsMax || open.Count == 0)
        {
            return;
        }

        var shard = dice.Pick(open);
        var middle = (shard.Low + shard.High) / 2;
        shard.Closed = true;
        Open([shard], shard.Low, middle);
        Open([shard], middle, shard.High);
    }

    /// <summary>Merges two neighbours.</summary>
    public void Merge(Dice dice)
    {
        var open = _shards.FindAll(shard => !shard.Closed);
        if (_shards.Count + 1 > ShardsMax || open.Count < 2)
        {
            return;
        }

        var left = dice.Pick(open.FindAll(shard => shard.High < Points));
        var right = open.Find(shard => shard.Low == left.High)!;
        left.Closed = true;
        right.Closed = true;
        Open([left, right], left.Low, right.High);
    }

    private void Open(List<SourceShard> parents, int low, int high)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"shard-{_shards.Count:D2}");
        _shards.Add(new SourceShard(id, parents, low, high));
        _trace.Note("stream", $"opens {id} [{low}, {high})", string.Join(" ", parents.Select(parent => parent.Id)));
    }

    private SourceShard ShardOf(string id)
    {
        var point = (int)(XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(id)) % Points);
        return _shards.Find(shard => !shard.Closed && shard.Low <= point && point < shard.High)!;
    }

    private SourceEvent Event()
    {
        if (_recent.Count > 0 && _faults.Happens(Fault.Resend))
        {
            var copy = _faults.DiceOf(Fault.Resend).Pick(_recent);
            return copy.Amount < 0 && _faults.Happens(Fault.Correction) ? copy with { Amount = 1 } : copy;
        }

        var offsetUs = _faults.Happens(Fault.AncientEvent) ? -_faults.DiceOf(Fault.AncientEvent).Between(3_600, 48 * 3_600) * SecondUs
            : _faults.Happens(Fault.EarlyEvent) ? _faults.DiceOf(Fault.EarlyEvent).Between(1, 50 * 60) * SecondUs
            : _faults.Happens(Fault.FutureEvent) ? _faults.DiceOf(Fault.FutureEvent).Between(61 * 60, 300 * 60) * SecondUs
            : -_dice.Between(0, 200) * SecondUs;
        var item = new SourceEvent(
            string.Create(CultureInfo.InvariantCulture, $"e{++_events}"),
            _clock.NowUs + offsetUs,
            "abc".Substring(_dice.Below(3), 1),
            _faults.Happens(Fault.BadRow) ? -1 : _dice.Below(100),
            _faults.Happens(Fault.Malformed));
        _recent.Add(item);
        if (_recent.Count > RecentMax)
        {
            _recent.RemoveAt(0);
        }

        return item;
    }
}
