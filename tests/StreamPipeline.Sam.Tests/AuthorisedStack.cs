using System.Diagnostics;
using System.Text.Json.Nodes;
using StreamPipeline.Sam.Tests.Tools;

namespace StreamPipeline.Sam.Tests;

/// <summary>The stack on a moto that asks of every call what IAM would. Owner: the test; the server ends with it.</summary>
internal sealed class AuthorisedStack : IDisposable
{
    private readonly Process _process;
    private readonly JsonNode _stack;

    private AuthorisedStack(Process process, JsonNode stack) => (_process, _stack) = (process, stack);

    public static async Task<AuthorisedStack> Deploy(string templateFile)
    {
        Process process;
        try
        {
            process = Process.Start(new ProcessStartInfo("python3", [
                Repository.Script("authorised.py"), templateFile, TransformedTemplate.Region, TransformedTemplate.CodeBucket, TransformedTemplate.CodeKey])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            ToolRun.Missing($"python3 cannot be run: {error.Message}");
            throw;
        }

        var errors = process.StandardError.ReadToEndAsync();
        if (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            return new AuthorisedStack(process, JsonNode.Parse(line)!);
        }

        var text = await errors;
        process.Dispose();
        if (text.Contains("ModuleNotFoundError", StringComparison.Ordinal))
        {
            ToolRun.Missing($"python3 lacks a package: run pip install -r {Repository.Project}/requirements.txt\n{text}");
        }

        throw new InvalidOperationException($"the stack was not deployed: {text}");
    }

    /// <summary>The deployed binary, by the runtime, with the environment and as the role that CloudFormation gave the function.</summary>
    /// <param name="function">Logical id.</param>
    /// <param name="taskRoot">Folder with pipeline/.</param>
    public ProcessStartInfo Program(string function, string taskRoot)
    {
        var configuration = _stack["functions"]![function]!;
        var address = (string)_stack["address"]!;
        var program = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "bootstrap.dll")]);
        foreach (var (name, value) in configuration["Environment"]!["Variables"]!.AsObject())
        {
            program.Environment[name] = value!.ToString();
        }

        if (function == "ConsumeFunction")
        {
            // moto's CloudFormation makes no delivery stream, so that the reference to it is lost; authorised.py makes it.
            program.Environment["STREAMPIPELINE_FIREHOSE"] = "streampipeline-bronze";
        }

        program.Environment["_HANDLER"] = (string)configuration["Handler"]!;
        program.Environment["LAMBDA_TASK_ROOT"] = taskRoot;
        program.Environment["AWS_ENDPOINT_URL"] = address;
        program.Environment["AWS_REGION"] = TransformedTemplate.Region;
        program.Environment["AWS_ACCESS_KEY_ID"] = function.Replace("Function", "Role", StringComparison.Ordinal);
        program.Environment["AWS_SECRET_ACCESS_KEY"] = "none";
        return program;
    }

    /// <summary>The calls made as a function so far: role, action, resource.</summary>
    public async Task<(IReadOnlyList<string> Allowed, IReadOnlyList<string> Refused)> Calls()
    {
        using var http = new HttpClient();
        var calls = JsonNode.Parse(await http.GetStringAsync($"{_stack["address"]}/authorised", TestContext.Current.CancellationToken))!;
        IReadOnlyList<string> Texts(string which) => [.. calls[which]!.AsArray().Select(call => string.Join(' ', call!.AsArray().Select(part => (string)part!)))];
        return (Texts("allowed"), Texts("refused"));
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
