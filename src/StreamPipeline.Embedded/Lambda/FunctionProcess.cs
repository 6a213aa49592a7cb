using System.Diagnostics;

namespace StreamPipeline.Embedded.Lambda;

/// <summary>A started function. Disposing it ends it at once, as Lambda does when the time is up.</summary>
public interface IFunctionInstance : IDisposable
{
    /// <summary>Completes when it has ended, however that came about.</summary>
    Task Exited { get; }
}

/// <summary>A function as a process of its own, such as the native binary that is deployed.</summary>
public sealed class FunctionProcess : IFunctionInstance
{
    private readonly Process _process;
    private readonly TaskCompletionSource _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private FunctionProcess(Process process)
    {
        (_process, Id) = (process, process.Id);

        // Not WaitForExitAsync: it waits for the end of the output, too, which a child of the function may hold open.
        process.Exited += (_, _) => _exited.TrySetResult();
        process.EnableRaisingEvents = true;
    }

    /// <summary>Process id.</summary>
    public int Id { get; }

    /// <inheritdoc/>
    public Task Exited => _exited.Task;

    /// <param name="program">The program with its arguments and environment; the address of the Runtime API is added.</param>
    /// <param name="address">See <see cref="RuntimeApiHost.Address"/>.</param>
    /// <param name="output">Gets each line of its standard output and error, from several threads.</param>
    /// <exception cref="InvalidOperationException">It cannot be started; the message says why.</exception>
    public static FunctionProcess Start(ProcessStartInfo program, string address, Action<string> output)
    {
        program.Environment["AWS_LAMBDA_RUNTIME_API"] = address;
        program.RedirectStandardOutput = program.RedirectStandardError = true;
        program.UseShellExecute = false;
        Process? process;
        try
        {
            process = Process.Start(program);
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new InvalidOperationException($"'{program.FileName}' cannot be started: {error.Message}", error);
        }

        void Forward(object sender, DataReceivedEventArgs line)
        {
            if (line.Data is { } text)
            {
                output(text);
            }
        }

        process!.OutputDataReceived += Forward;
        process.ErrorDataReceived += Forward;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new FunctionProcess(process);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }

        _process.Dispose();
        _exited.TrySetResult();
    }
}
