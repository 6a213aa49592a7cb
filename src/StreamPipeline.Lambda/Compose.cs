using StreamPipeline.Cli;
using StreamPipeline.Core;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Lambda.Configuration;
using StreamPipeline.Lambda.Functions;
using StreamPipeline.Lambda.Runtime;
using StreamPipeline.Lambda.Telemetry;

namespace StreamPipeline.Lambda;

/// <summary>Makes the deployment that the functions work on.</summary>
internal delegate Deployment OpenDeployment(FunctionSettings settings, Pipeline pipeline, JsonLog log);

/// <summary>The composition root: which functions there are, and what they are made of.</summary>
internal static class Compose
{
    public const string Consume = "consume";
    public const string Fold = "fold";
    public const string Roll = "roll";
    public const string Vacuum = "vacuum";

    private const string RuntimeApiVariable = "AWS_LAMBDA_RUNTIME_API";

    /// <summary>The function by its name: a new one is a line here.</summary>
    private static readonly Dictionary<string, Func<Deployment, IFunction>> Functions = new(StringComparer.Ordinal)
    {
        [Consume] = deployment => new ConsumeFunction(deployment),
        [Fold] = deployment => new FoldFunction(deployment),
        [Roll] = deployment => new RollFunction(deployment),
        [Vacuum] = deployment => new VacuumFunction(deployment),
    };

    public static Task<int> Start(Func<string, string?> variable, Stream output) =>
        Run(
            variable,
            Environment.SetEnvironmentVariable,
            output,
            TimeProvider.System,
            (settings, pipeline, log) => AwsDeployment.Open(settings, pipeline, log, output, TimeProvider.System),
            CancellationToken.None);

    /// <returns>The exit code; it only returns when the function cannot start, or when the Runtime API is gone.</returns>
    internal static async Task<int> Run(
        Func<string, string?> variable, Action<string, string?> setVariable, Stream output, TimeProvider time, OpenDeployment open, CancellationToken cancellation)
    {
        var log = new JsonLog(output, time);
        if (variable(RuntimeApiVariable) is not { Length: > 0 } address)
        {
            log.InitFailed($"{RuntimeApiVariable} is not set: this program runs as the bootstrap of a Lambda function, or below `streampipeline run --function`");
            return 2;
        }

        using var api = new RuntimeApi(address);
        try
        {
            var problems = new ProblemList();
            if (FunctionOf(variable, open, log, problems) is not { } function)
            {
                var message = Describe(problems);
                log.InitFailed(message);
                await api.FailInit(RuntimeError.Configuration(message), cancellation);
                return 2;
            }

            await new RuntimeLoop(api, function, log, time, setVariable).Run(cancellation);
            return 0;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception error) when (error is HttpRequestException or RuntimeApiException)
        {
            log.InitFailed($"Lambda's Runtime API at {address} failed: {error.Message}");
            return 1;
        }
    }

    private static IFunction? FunctionOf(Func<string, string?> variable, OpenDeployment open, JsonLog log, ProblemList problems)
    {
        var settings = FunctionSettings.Read(variable, Functions.Keys, problems);
        var pipeline = Compile(settings, variable, problems);
        if (problems.Any || pipeline is null)
        {
            return null;
        }

        log.Started(settings.Function, pipeline.Settings.Stream);
        return Functions[settings.Function](open(settings, pipeline, log));
    }

    /// <summary>Also when the environment has mistakes: all problems are to be seen at once.</summary>
    private static Pipeline? Compile(FunctionSettings settings, Func<string, string?> variable, ProblemList problems)
    {
        var files = FolderConfigurationFiles.Beside(settings.PipelineFile);
        if (files.Read(Path.GetFileName(settings.PipelineFile), out var error) is not { } content)
        {
            problems.Add(new Location(settings.PipelineFile, 0, 0), error, "put the pipeline's folder into the deployment package, or name the file in STREAMPIPELINE_PIPELINE");
            return null;
        }

        if (PipelineFile.Parse(content, settings.PipelineFile, problems) is not { } parsed)
        {
            return null;
        }

        return Pipeline.Compile(settings.Stream is { } stream ? parsed with { Stream = stream } : parsed, files, variable, problems);
    }

    private static string Describe(ProblemList problems) =>
        $"the function cannot start, {problems.Items.Count} {(problems.Items.Count == 1 ? "problem" : "problems")}:\n" + string.Join('\n', problems.Items.Select(problem => "- " + problem));
}
