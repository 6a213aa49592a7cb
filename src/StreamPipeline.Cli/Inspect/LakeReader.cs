using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;
using StreamPipeline.Embedded;
using StreamPipeline.Embedded.Query;
using StreamPipeline.Embedded.Running;

namespace StreamPipeline.Cli.Inspect;

/// <summary>Reads a lake's summary from its state, its table versions and its quarantine tables.</summary>
internal static class LakeReader
{
    public static async Task<LakeSummary> Read(LakeLocation location, CancellationToken cancellation)
    {
        try
        {
            using var lake = Lakes.Open(location);
            var tables = new List<TableSummary>();
            foreach (var table in await LakeCopy.Tables(lake.Objects, cancellation))
            {
                var snapshot = await new LakeTable(lake.Objects, table).Load(cancellation);
                tables.Add(new TableSummary(table.Replace('/', '.'), snapshot.Rows, snapshot.Files.Count, snapshot.Files.Sum(file => file.Bytes), snapshot.Version));
            }

            // Of a run that was stopped early there is nothing but staged rows.
            var streams = new SortedSet<string>(await StreamCatalog.Staged(lake.Objects, cancellation), StringComparer.Ordinal);
            streams.UnionWith(tables.Where(table => table.Name.StartsWith("silver.", StringComparison.Ordinal)).Select(table => table.Name["silver.".Length..]));
            using var copy = lake.Folder is null
                ? await LakeCopy.Of(lake.Objects, lake.Attempts.Next(), "quarantine " + string.Join(' ', streams), cancellation)
                : null;
            var query = new LakeQuery(copy?.Objects ?? (FolderObjectStore)lake.Objects);
            var shards = new List<ShardSummary>();
            var rules = new RuleTally();
            var quarantine = new List<ReasonSummary>();
            var inputs = new List<InputSummary>();
            foreach (var stream in streams)
            {
                shards.AddRange(await Shards(lake, stream, rules, cancellation));
                if (tables.Exists(table => table.Name == "quarantine." + stream))
                {
                    quarantine.AddRange(await Quarantine(query, stream, cancellation));
                }

                var catalog = new StreamCatalog(lake.State, stream, lake.Attempts);
                inputs.AddRange((await catalog.Inputs(cancellation))
                    .OrderBy(input => input.Ordinal)
                    .Select(input => new InputSummary(input.Name, input.ContentId, input.Records, input.Complete)));
            }

            return new LakeSummary(lake.Folder?.Root ?? location.ToString(), tables, shards, rules.ToList(), quarantine, inputs);
        }
        catch (LakeException error)
        {
            throw new CommandException(error.Message, ExitCode.Usage);
        }
        catch (LakeQueryException error)
        {
            throw new CommandException(error.Message);
        }
        catch (InvalidDataException error)
        {
            throw new CommandException($"{error.Message}; `verify` tells what of the lake is lost or damaged");
        }
    }

    private static async Task<List<ShardSummary>> Shards(OpenLake lake, string stream, RuleTally rules, CancellationToken cancellation)
    {
        var batches = new CommittedBatches(lake.State, stream);
        var shards = new List<ShardSummary>();
        foreach (var shard in await new StreamCatalog(lake.State, stream, lake.Attempts).Shards(cancellation))
        {
            var head = await batches.Head(shard.Shard, cancellation);
            if (head is null)
            {
                continue;
            }

            double scores = 0, weight = 0;
            await foreach (var batch in batches.Of(shard.Shard, after: 0, cancellation))
            {
                if (batch.Score is { } score)
                {
                    rules.Add(batch.FailedRules);
                    scores += score * batch.Counts.Records;
                    weight += batch.Counts.Records;
                }
            }

            var totals = head.Totals;
            shards.Add(new ShardSummary(
                stream,
                shard.Shard,
                head.Generation,
                head.LastSequence,
                head.WatermarkUs == long.MinValue ? null : head.WatermarkUs,
                totals.Records,
                totals.Silver,
                totals.Duplicates,
                totals.Quarantined,
                totals.Late,
                weight > 0 ? scores / weight : null,
                head.EvictedKeys));
        }

        return shards;
    }

    private static async Task<List<ReasonSummary>> Quarantine(LakeQuery query, string stream, CancellationToken cancellation)
    {
        var table = "quarantine.\"" + stream + "\"";
        await using var rows = await query.Run(
            $"select reason, rule_or_path, count(*) from {table} group by all order by 3 desc, 1, 2 limit 100", cancellation);
        var reasons = new List<ReasonSummary>();
        while (await rows.Read(cancellation))
        {
            reasons.Add(new ReasonSummary(stream, (string)rows.Value(0)!, (string)rows.Value(1)!, (long)rows.Value(2)!));
        }

        return reasons;
    }

    /// <summary>Counts batches per rule that failed in any; the rest passed in all.</summary>
    private sealed class RuleTally
    {
        private readonly SortedDictionary<string, long> _failed = new(StringComparer.Ordinal);
        private long _batches;

        public void Add(IReadOnlyList<string> failedRules)
        {
            _batches++;
            foreach (var rule in failedRules)
            {
                _failed[rule] = _failed.GetValueOrDefault(rule) + 1;
            }
        }

        public IReadOnlyList<RuleSummary> ToList() =>
            [.. _failed.OrderByDescending(rule => rule.Value).Select(rule => new RuleSummary(rule.Key, _batches - rule.Value, _batches))];
    }
}
