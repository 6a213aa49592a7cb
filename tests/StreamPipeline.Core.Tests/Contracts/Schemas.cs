using System.Text;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Contracts;

namespace StreamPipeline.Core.Tests.Contracts;

/// <summary>Compiles schema texts for tests.</summary>
internal static class Schemas
{
    public static Contract Compile(string schema)
    {
        var problems = new ProblemList();
        var contract = Contract.Compile(Encoding.UTF8.GetBytes(schema), "c.json", problems);
        Assert.Empty(problems.Items.Select(problem => problem.ToString()));
        return contract!;
    }

    /// <summary>A contract of one required property <c>v</c>.</summary>
    public static Contract OfValue(string schema) =>
        Compile($$$$"""{"type":"object","required":["v"],"properties":{"v":{{{{schema}}}}}}""");

    public static IReadOnlyList<Problem> Problems(string schema)
    {
        var problems = new ProblemList();
        Assert.Null(Contract.Compile(Encoding.UTF8.GetBytes(schema), "c.json", problems));
        return problems.Items;
    }
}
