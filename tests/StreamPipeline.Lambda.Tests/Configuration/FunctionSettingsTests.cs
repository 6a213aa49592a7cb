using StreamPipeline.Core.Configuration;
using StreamPipeline.Lambda.Configuration;

namespace StreamPipeline.Lambda.Tests.Configuration;

public sealed class FunctionSettingsTests
{
    private static readonly string[] Functions = ["consume", "fold", "roll", "vacuum"];

    private static readonly Dictionary<string, string> Right = new()
    {
        ["_HANDLER"] = "consume",
        ["STREAMPIPELINE_TABLE"] = "state",
        ["STREAMPIPELINE_BUCKET"] = "lake-1",
        ["LAMBDA_TASK_ROOT"] = "/var/task",
    };

    [Fact]
    public void What_is_set_is_read_and_the_rest_has_defaults()
    {
        var settings = Read(Right, out var problems);
        Assert.Empty(problems);
        Assert.Equal(new FunctionSettings("consume", "/var/task/pipeline/pipeline.yaml", "state", new Aws.S3Location("lake-1", ""), null, null), settings);

        settings = Read(
            new(Right)
            {
                ["STREAMPIPELINE_FUNCTION"] = "roll",
                ["STREAMPIPELINE_PREFIX"] = "/a/b/",
                ["STREAMPIPELINE_PIPELINE"] = "p.yaml",
                ["STREAMPIPELINE_STREAM"] = "flights-2",
                ["STREAMPIPELINE_FIREHOSE"] = "bronze",
                ["STREAMPIPELINE_PARALLELIZATION_FACTOR"] = "1",
            },
            out problems);
        Assert.Empty(problems);
        Assert.Equal(new FunctionSettings("roll", "/var/task/p.yaml", "state", new Aws.S3Location("lake-1", "a/b"), "flights-2", "bronze"), settings);
    }

    [Fact]
    public void All_problems_are_told_at_once()
    {
        Read(new() { ["_HANDLER"] = "consumer", ["STREAMPIPELINE_BUCKET"] = "Lake", ["STREAMPIPELINE_STREAM"] = "a b", ["STREAMPIPELINE_PARALLELIZATION_FACTOR"] = "10" }, out var problems);
        Assert.Collection(
            problems,
            problem => Assert.Equal("environment variable _HANDLER: is 'consumer', and there is no such function (set it to one of consume, fold, roll, vacuum)", problem),
            problem => Assert.StartsWith("environment variable STREAMPIPELINE_PARALLELIZATION_FACTOR: is '10', and only 1 is right", problem, StringComparison.Ordinal),
            problem => Assert.Equal("environment variable STREAMPIPELINE_TABLE: is not set (set it to the name of the DynamoDB table)", problem),
            problem => Assert.StartsWith("environment variable STREAMPIPELINE_BUCKET: 's3://Lake': a bucket name has only lower-case letters", problem, StringComparison.Ordinal),
            problem => Assert.StartsWith("environment variable STREAMPIPELINE_STREAM: is 'a b'", problem, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("2")]
    [InlineData("0")]
    [InlineData("one")]
    [InlineData("1.0")]
    public void Any_parallelization_factor_but_1_is_refused(string factor)
    {
        Read(new(Right) { ["STREAMPIPELINE_PARALLELIZATION_FACTOR"] = factor }, out var problems);
        Assert.Contains($"is '{factor}'", Assert.Single(problems), StringComparison.Ordinal);
    }

    private static FunctionSettings Read(Dictionary<string, string> variables, out IReadOnlyList<string> problems)
    {
        var list = new ProblemList();
        var settings = FunctionSettings.Read(variables.GetValueOrDefault, Functions, list);
        problems = [.. list.Items.Select(problem => problem.ToString())];
        return settings;
    }
}
