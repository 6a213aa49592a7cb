namespace StreamPipeline.Simulation.Tests.Running;

/// <summary>The lake's tables.</summary>
internal static class TableNames
{
    public const string Silver = "silver/" + TinyPipeline.Stream;

    public const string Quarantine = "quarantine/" + TinyPipeline.Stream;

    public static string Gold(string metric) => "gold/" + metric;
}
