using StreamPipeline.Simulation.Tests.Running;

// Arguments of the test runner go to the test runner; `--seeds N [--from S]` runs the simulator for as long as that takes,
// and `--mistakes [NAME]` looks for the planted ones.
return args is ["--mistakes", .. var names]
    ? LongRun.HuntMistakes(Console.Out, string.Join(' ', names))
    : LongRun.TryParse(args) is { } run
        ? run.Execute(Console.Out)
        : args.Any(argument => argument is "--server" or "--internal-msbuild-node")
            ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, StreamPipeline.Simulation.Tests.SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
