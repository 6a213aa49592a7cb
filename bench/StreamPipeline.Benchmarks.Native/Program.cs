using System.Globalization;
using StreamPipeline.Benchmarks.Peers;

// <input> <lake>: does the job and prints the processor time of the whole process in seconds.
if (args.Length != 2)
{
    Console.Error.WriteLine("usage: StreamPipeline.Benchmarks.Native <input> <lake>");
    return 2;
}

await ProductJob.Run(args[0], args[1], TimeProvider.System);
Console.WriteLine(Environment.CpuUsage.TotalTime.TotalSeconds.ToString(CultureInfo.InvariantCulture));
return 0;
