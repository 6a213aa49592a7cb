using System.Runtime.InteropServices;
using Apache.Arrow;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Dedup;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Verification;

/// <summary>
/// No key twice in silver within the horizon, within a shard and those it descends from (or in the whole stream, with
/// <c>dedup.scope: stream</c>). Rows may come in any order: of two copies the later arrival must lie beyond the expiry of the earlier one.
/// Memory is bounded by looking at one share of all keys per pass.
/// </summary>
internal sealed class KeyCheck
{
    /// <summary>Keys in memory at a time: about 250 MB.</summary>
    private const long KeysPerPass = 4_000_000;

    private readonly KeyFingerprints? _keys;
    private readonly SeenHorizon? _horizon;
    private readonly bool _wholeStream;
    private readonly ulong _seed;
    private readonly IReadOnlyList<string> _shards;
    private readonly HashSet<int>[] _ancestors;
    private readonly Tally _tally;
    private readonly bool _mayHaveCopies;

    private readonly Dictionary<UInt128, Copy> _first = [];

    // Copies of a key in unrelated shards, or further apart than the horizon.
    private readonly Dictionary<UInt128, List<Copy>> _more = [];

    /// <param name="pipeline">Says what the key and the horizon are.</param>
    /// <param name="seed">Of the stream's fingerprints; any would do.</param>
    /// <param name="shards">By number.</param>
    /// <param name="heads">By shard.</param>
    /// <param name="silverRows">Rows that there will be.</param>
    /// <param name="tallies">Receives the differences.</param>
    public KeyCheck(Pipeline pipeline, ulong seed, IReadOnlyList<ShardEntry> shards, IReadOnlyDictionary<string, ShardHead> heads, long silverRows, VerifyTallies tallies)
    {
        var problems = new ProblemList();
        _keys = KeyFingerprints.Bind(pipeline.Settings, pipeline.Silver.Schema, problems);
        if (problems.Any)
        {
            tallies.Notes.Add($"keys were not compared: {problems.Items[0].Message}");
        }

        _horizon = _keys is null ? null : new SeenHorizon(pipeline.Settings.Dedup!.Horizon);
        _wholeStream = pipeline.Settings.Dedup?.Scope == DedupScope.Stream;
        _seed = seed;
        _shards = [.. shards.Select(shard => shard.Shard)];
        _ancestors = AncestorsOf(shards, heads);
        _tally = tallies.Keys;
        var evicted = heads.Values.Sum(head => head.EvictedKeys);
        _mayHaveCopies = evicted > 0;
        if (_mayHaveCopies)
        {
            tallies.Notes.Add($"{evicted:N0} keys left the seen-set early (dedup.maxKeys), so copies of them may be in silver; they are counted and no difference");
        }

        Passes = _keys is null ? 1 : (int)Math.Max(1, (silverRows + KeysPerPass - 1) / KeysPerPass);
    }

    /// <summary>How often all rows must be offered, with <see cref="NextPass"/> between.</summary>
    public int Passes { get; }

    public int Pass { get; private set; }

    public void NextPass()
    {
        Pass++;
        _first.Clear();
        _more.Clear();
    }

    /// <param name="rows">Of today's silver columns.</param>
    /// <param name="places">One per row.</param>
    /// <param name="isCommitted">Rows that do not count are skipped.</param>
    public void Add(RecordBatch rows, RowPlace[] places, Func<RowPlace, bool> isCommitted)
    {
        if (_keys is null)
        {
            return;
        }

        var fingerprints = new UInt128[rows.Length];
        _keys.Compute(rows, _seed, fingerprints);
        var arrivalsUs = PartitionWriter.TimesOf(rows, Fold.QuarantineTimeColumn);
        for (var row = 0; row < places.Length; row++)
        {
            if ((int)(fingerprints[row] % (uint)Passes) == Pass && isCommitted(places[row]))
            {
                Add(fingerprints[row], new Copy(places[row], arrivalsUs[row]));
            }
        }
    }

    private void Add(UInt128 fingerprint, Copy copy)
    {
        _tally.Expected++;
        ref var first = ref CollectionsMarshal.GetValueRefOrAddDefault(_first, fingerprint, out var isKnown);
        if (!isKnown)
        {
            first = copy;
            _tally.Found++;
            return;
        }

        var others = _more.GetValueOrDefault(fingerprint);
        if (Clash(first, copy) || (others is not null && others.Exists(other => Clash(other, copy))))
        {
            if (_mayHaveCopies)
            {
                _tally.Found++;
            }
            else
            {
                _tally.Differ($"the key of {Name(copy)} is also that of {Name(Clash(first, copy) ? first : others!.Find(other => Clash(other, copy)))}");
            }

            return;
        }

        _tally.Found++;
        if (others is null)
        {
            _more[fingerprint] = others = [];
        }

        others.Add(copy);
    }

    private bool Clash(Copy left, Copy right)
    {
        var related = _wholeStream || left.Place.Shard == right.Place.Shard
            || _ancestors[left.Place.Shard].Contains(right.Place.Shard) || _ancestors[right.Place.Shard].Contains(left.Place.Shard);
        return related && _horizon!.ExpiresAtUs(Math.Min(left.ArrivalUs, right.ArrivalUs)) > Math.Max(left.ArrivalUs, right.ArrivalUs);
    }

    private string Name(Copy copy) => $"{_shards[copy.Place.Shard]} / {copy.Place.Sequence}{(copy.Place.Event < 0 ? "" : $":{copy.Place.Event}")}";

    private static HashSet<int>[] AncestorsOf(IReadOnlyList<ShardEntry> shards, IReadOnlyDictionary<string, ShardHead> heads)
    {
        var numbers = shards.Select((shard, number) => (shard.Shard, number)).ToDictionary(entry => entry.Shard, entry => entry.number, StringComparer.Ordinal);
        var ancestors = new HashSet<int>[shards.Count];
        for (var i = 0; i < ancestors.Length; i++)
        {
            var waiting = new Stack<string>(shards[i].Parents.Concat(heads.TryGetValue(shards[i].Shard, out var head) ? head.Ancestors : []));
            ancestors[i] = [];
            while (waiting.TryPop(out var name))
            {
                if (numbers.TryGetValue(name, out var number) && ancestors[i].Add(number))
                {
                    foreach (var parent in shards[number].Parents)
                    {
                        waiting.Push(parent);
                    }
                }
            }
        }

        return ancestors;
    }

    private readonly record struct Copy(RowPlace Place, long ArrivalUs);
}
