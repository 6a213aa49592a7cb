using Apache.Arrow;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Enrichment;

/// <summary>
/// The <c>enrich</c> steps of a pipeline, bound to the contract's columns and to their reference files. Does not change once bound: lanes
/// may share it. Runs after dedupe, which therefore sees values unmasked (it keeps only hashes of them).
/// </summary>
public sealed class Enricher
{
    private readonly IEnrichment[] _steps;
    private readonly RawMask _rawMask;

    private Enricher(Schema contract, IEnrichment[] steps)
    {
        _steps = steps;
        _rawMask = new RawMask(steps.OfType<MaskEnrichment>());
        OutputSchema = steps.Length == 0 ? contract : steps[^1].Output;
    }

    /// <summary>The schema given to Bind, followed by the columns that lookups add, nullable, in the order of the steps.</summary>
    public Schema OutputSchema { get; }

    public int StepCount => _steps.Length;

    /// <summary>Rows of all lookup files that are never found, because an earlier row of the file has the same key.</summary>
    public long DuplicateKeys => _steps.OfType<LookupEnrichment>().Sum(step => (long)step.DuplicateKeys);

    public bool MasksAnything => _rawMask.MasksAnything;

    /// <summary>Null when there are problems; all of them are added. A pipeline without steps gets an enricher that changes nothing.</summary>
    /// <param name="settings">Uses <see cref="PipelineSettings.Enrich"/>.</param>
    /// <param name="contractSchema">The columns of the batches that <see cref="Apply(RecordBatch, EnrichCounts)"/> will see, in order.</param>
    /// <param name="files">Reads lookup files.</param>
    /// <param name="environment">Value of an environment variable, which holds a mask's key; null when it is not set.</param>
    /// <param name="problems">Where to add what is wrong. Never holds a key.</param>
    public static Enricher? Bind(
        PipelineSettings settings, Schema contractSchema, IConfigurationFiles files, Func<string, string?> environment, ProblemList problems)
    {
        var steps = new List<IEnrichment>();
        var schema = contractSchema;
        for (var i = 0; i < settings.Enrich.Count; i++)
        {
            IEnrichment? step = settings.Enrich[i] switch
            {
                LookupStep lookup => LookupEnrichment.Bind(lookup, i, schema, settings.Source, files, problems),
                MaskStep mask => MaskEnrichment.Bind(mask, i, contractSchema, schema, settings.Source, environment, problems),
                var other => throw new InvalidOperationException($"enrich step of unknown kind {other.GetType().Name}"),
            };
            if (step is not null)
            {
                steps.Add(step);
                schema = step.Output;
            }
        }

        return steps.Count == settings.Enrich.Count ? new Enricher(contractSchema, [.. steps]) : null;
    }

    /// <summary>The rows with the added columns and masked values.</summary>
    /// <param name="rows">Of the schema given to Bind. Passes in: its arrays become the result's or are disposed.</param>
    /// <param name="counts">For <see cref="StepCount"/> steps.</param>
    /// <returns>Owned by the caller.</returns>
    public RecordBatch Apply(RecordBatch rows, EnrichCounts counts) => Apply(rows, counts, memory: null);

    /// <param name="rows">Of the schema given to Bind.</param>
    /// <param name="counts">For <see cref="StepCount"/> steps.</param>
    /// <param name="memory">Where memory comes from, and whose it then is; null: the garbage collector's.</param>
    internal RecordBatch Apply(RecordBatch rows, EnrichCounts counts, ColumnBuffers? memory)
    {
        foreach (var step in _steps)
        {
            rows = step.Apply(rows, counts, memory);
        }

        return rows;
    }

    /// <summary>
    /// Masks the raw bytes of an event before they go to quarantine. A masked field that is not a string has the mask of its JSON text; when
    /// something on the way to it is not an object, that is masked whole; in arrays at the top and in documents in a row, each is masked.
    /// </summary>
    /// <param name="raw">As received.</param>
    /// <param name="withheld">True when the bytes are not JSON, so that no one can say where the field is: the result is then empty, and only
    /// bronze holds them.</param>
    public ReadOnlyMemory<byte> MaskRaw(ReadOnlyMemory<byte> raw, out bool withheld) => _rawMask.Mask(raw, out withheld);
}
