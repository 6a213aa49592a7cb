using System.Text.Json;
using StreamPipeline.Core.Windows;

namespace StreamPipeline.Core.Commit;

/// <summary>The metrics that consumers of the stream may add to windows: the item <c>METRICS</c> of the stream.</summary>
/// <param name="Metrics">One per name.</param>
public sealed record StreamMetricForms(IReadOnlyList<MetricForm> Metrics);

/// <summary>
/// Refuses a pipeline.yaml that has other metrics than the windows that are open, before anything is committed: once a batch has added windows of another form,
/// neither form reads the shard's layers, and gold never goes on.
/// <para>
/// All processes of a stream agree by one item, so that a shard that is new does not begin in a form that the others cannot read. When it says what
/// pipeline.yaml says, that is one read per process. Only when it does not, or an earlier version wrote the lake, are the open layers of all shards read. A metric that
/// none of them holds may change or go. Invariant: whoever commits has its metrics in the item.
/// </para>
/// A pipeline without any metric neither reads nor writes windows, so it is never refused. Not told apart are two processes that start at the same moment with
/// different metrics on a stream without an open window.
/// </summary>
public sealed class StreamMetrics(Pipeline pipeline, IStateStore state, IAttemptIds attempts)
{
    private const string SortKey = "METRICS";
    private const int AttemptsMax = 100;

    private const string Advice = "keep it as it was, and add the changed one beside it under a new name; each batch opens new windows, so this holds for as long as the lake gets records";
    private const string OtherForm = "other windows, groups, measures or types of columns";

    private readonly string _stream = pipeline.Settings.Stream;
    private readonly StreamCatalog _catalog = new(state, pipeline.Settings.Stream, attempts);
    private readonly CommittedBatches _batches = new(state, pipeline.Settings.Stream);

    /// <summary>Once per process, before its first commit. Writes nothing when it refuses.</summary>
    /// <exception cref="MetricChangedException">Open windows are of other metrics; the message names all of them, and what to do.</exception>
    /// <exception cref="StateUncertainException">Other processes changed the metrics, or merged layers, again and again.</exception>
    public async ValueTask Admit(CancellationToken cancellation)
    {
        var wanted = MetricForm.Of(pipeline);
        for (var attempt = 0; wanted.Count > 0; attempt++)
        {
            if (attempt == AttemptsMax)
            {
                throw new StateUncertainException($"the metrics of stream {_stream} were changed by other processes {AttemptsMax} times in a row; try again");
            }

            var item = await state.Read(StateKeys.StreamPk(_stream), SortKey, cancellation);
            var known = item is null ? null : JsonSerializer.Deserialize(item.Body.Span, StateJson.Default.StreamMetricForms)!.Metrics;
            if (known is null || !known.All(form => wanted.Any(metric => IsSame(metric, form))))
            {
                Refuse(await OpenForms(cancellation), wanted, known ?? []);
            }
            else if (known.Count == wanted.Count)
            {
                return;
            }

            var body = JsonSerializer.SerializeToUtf8Bytes(new StreamMetricForms(wanted), StateJson.Default.StreamMetricForms);
            var version = item?.Version ?? 0;
            var write = new StateWrite(new StateItem(StateKeys.StreamPk(_stream), SortKey, version + 1, attempts.Next(), body), version);
            if (await state.Swap([write], cancellation) == SwapOutcome.Committed)
            {
                return;
            }
        }
    }

    private static bool IsSame(MetricForm left, MetricForm right) => left.Name == right.Name && left.Signature == right.Signature;

    private void Refuse(HashSet<(string Name, string Signature)> open, IReadOnlyList<MetricForm> wanted, IReadOnlyList<MetricForm> known)
    {
        var problems = new List<string>();
        foreach (var forms in open.GroupBy(form => form.Name, StringComparer.Ordinal).OrderBy(forms => forms.Key, StringComparer.Ordinal))
        {
            var metric = wanted.FirstOrDefault(metric => metric.Name == forms.Key);
            if (forms.Count() > 1)
            {
                problems.Add(
                    $"metric '{forms.Key}': its open windows are stored in {forms.Count()} forms, since an earlier version let it be changed, and no pipeline.yaml reads all of them. "
                    + "Gold of this lake cannot go on. Silver can, with a pipeline.yaml without metrics; for gold run the inputs into a new lake, their records are in bronze");
                continue;
            }

            var stored = forms.First().Signature;
            if (metric?.Signature == stored)
            {
                continue;
            }

            var before = known.FirstOrDefault(form => form.Name == forms.Key && form.Signature == stored);
            problems.Add(
                (metric, before) switch
                {
                    (null, null) => $"metric '{forms.Key}': it is missing",
                    (null, _) => $"metric '{forms.Key}': it is missing; it had window: {before.Window}, groupBy: {before.GroupBy}, measures: {before.Measures}",
                    (_, null) => $"metric '{forms.Key}': its windows were written with {OtherForm} than window: {metric.Window}, groupBy: {metric.GroupBy}, measures: {metric.Measures}",
                    _ => $"metric '{forms.Key}': {metric.ChangesFrom(before)}",
                } + $". {char.ToUpperInvariant(Advice[0])}{Advice[1..]}");
        }

        if (problems.Count > 0)
        {
            throw new MetricChangedException(
                $"{pipeline.Settings.Source.File} does not have the metrics whose windows are open in stream {_stream}; nothing was written.\n" + string.Join('\n', problems));
        }
    }

    /// <summary>The metrics of which windows are open, as their layers say it.</summary>
    private async ValueTask<HashSet<(string Name, string Signature)>> OpenForms(CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            try
            {
                return await ReadOpenForms(cancellation);
            }
            catch (LayerGoneException)
            {
                // A consumer merged it meanwhile; its new head names the merged one.
            }
        }

        throw new StateUncertainException($"the open windows of stream {_stream} were merged {AttemptsMax} times while they were read; try again");
    }

    private async ValueTask<HashSet<(string Name, string Signature)>> ReadOpenForms(CancellationToken cancellation)
    {
        var forms = new HashSet<(string, string)>();
        var closedThroughUs = (await RollHead.Read(state, _stream, cancellation))?.ClosedThroughUs ?? long.MinValue;
        foreach (var shard in await _catalog.Shards(cancellation))
        {
            var head = await _batches.Head(shard.Shard, cancellation);
            foreach (var layer in head?.Panes ?? [])
            {
                if (PaneLayers.IsClosed(layer.LastWindowEndUs, pipeline.Metrics.AllowedLatenessUs, closedThroughUs))
                {
                    continue;
                }

                for (var part = 0; part < layer.Parts; part++)
                {
                    var (pk, sk) = (StateKeys.ShardPk(_stream, shard.Shard), StateKeys.Panes(layer.Attempt, part));
                    var item = await state.Read(pk, sk, cancellation) ?? throw new LayerGoneException($"{pk} / {sk}");
                    forms.UnionWith(PaneLayerCodec.Forms(item.Body.ToArray()));
                }
            }
        }

        return forms;
    }
}
