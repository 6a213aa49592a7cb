using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using CsCheck;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Enrichment;

namespace StreamPipeline.Core.Tests.Enrichment;

/// <summary>Events of users with a home, and what binding an enricher to them needs.</summary>
internal static class EnrichmentFixture
{
    public const string Key = "0123456789abcdef";

    private static readonly StructType _home = new([new Field("city", StringType.Default, true), new Field("zip", Int64Type.Default, true)]);

    public static Schema Contract { get; } = new(
    [
        new Field("id", Int64Type.Default, false),
        new Field("email", StringType.Default, true),
        new Field("born", Date32Type.Default, true),
        new Field("active", BooleanType.Default, true),
        new Field("score", DoubleType.Default, true),
        new Field("home", _home, true),
        new Field("_extra", StringType.Default, true),
    ], null);

    public static Enricher? Bind(ProblemList problems, IReadOnlyDictionary<string, byte[]> files, params EnrichStep[] steps)
    {
        var settings = new PipelineSettings
        {
            Name = "p",
            Stream = "s",
            ContractFile = "c",
            EventTime = new EventTimeSettings("born", TimeSpan.Zero, TimeSpan.FromHours(1), null),
            Source = new SourceMap("pipeline.yaml", new Dictionary<string, (int, int)> { ["enrich"] = (7, 1), ["enrich[0].lookup.match.ids"] = (9, 3) }),
            Enrich = steps,
        };
        return Enricher.Bind(settings, Contract, new MemoryFiles(files), name => name == "MASK_KEY" ? Key : name == "SHORT" ? "tiny" : null, problems);
    }

    public static Enricher Bind(string csv, params EnrichStep[] steps)
    {
        var problems = new ProblemList();
        var enricher = Bind(problems, Csv(csv), steps);
        Assert.Empty(problems.Items);
        return enricher!;
    }

    public static Dictionary<string, byte[]> Csv(string csv) => new() { ["ref.csv"] = Encoding.UTF8.GetBytes(csv) };

    /// <summary>One row per user; a null home is a null struct.</summary>
    public static RecordBatch Rows(params (long Id, string? Email, string? City)[] users)
    {
        var ids = new Int64Array.Builder();
        var emails = new StringArray.Builder();
        var born = new Date32Array.Builder();
        var active = new BooleanArray.Builder();
        var scores = new DoubleArray.Builder();
        var cities = new StringArray.Builder();
        var zips = new Int64Array.Builder();
        var homes = new ArrowBuffer.BitmapBuilder();
        var extra = new StringArray.Builder();
        foreach (var (id, email, city) in users)
        {
            ids.Append(id);
            _ = email is null ? emails.AppendNull() : emails.Append(email);
            born.Append(new DateOnly(2000, 1, (int)(1 + (id % 28))));
            active.Append(id % 2 == 0);
            scores.Append(0.5);

            // What lies under a null struct must not matter.
            cities.Append(city ?? "under a null");
            zips.Append(id);
            homes.Append(city is not null);
            extra.AppendNull();
        }

        var home = new StructArray(_home, users.Length, [cities.Build(), zips.Build()], homes.Build(), users.Count(user => user.City is null));
        return new RecordBatch(Contract, [ids.Build(), emails.Build(), born.Build(), active.Build(), scores.Build(), home, extra.Build()], users.Length);
    }

    public static Gen<T> AnyOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    public static string?[] Strings(IArrowArray array) =>
        [.. Enumerable.Range(0, array.Length).Select(row => ((StringArray)array).GetString(row))];

    private sealed class MemoryFiles(IReadOnlyDictionary<string, byte[]> files) : IConfigurationFiles
    {
        public byte[]? Read(string relativePath, out string error)
        {
            error = files.ContainsKey(relativePath) ? "" : "no such file";
            return files.GetValueOrDefault(relativePath);
        }
    }
}
