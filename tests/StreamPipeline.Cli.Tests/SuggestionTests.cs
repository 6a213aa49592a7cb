using StreamPipeline.Cli.Output;

namespace StreamPipeline.Cli.Tests;

public sealed class SuggestionTests
{
    [Theory]
    [InlineData("/home/a/lake-1.x", "/home/a/lake-1.x")]
    [InlineData("", "''")]
    [InlineData("my lake", "'my lake'")]
    [InlineData("it's", "'it'\\''s'")]
    [InlineData("a;rm -rf $HOME", "'a;rm -rf $HOME'")]
    [InlineData("~", "'~'")]
    public void Arguments_are_quoted_for_a_posix_shell(string argument, string quoted) => Assert.Equal(quoted, ShellText.Quote(argument, isWindows: false));

    [Theory]
    [InlineData("C:\\lake", "C:\\lake")]
    [InlineData("C:\\my lake", "\"C:\\my lake\"")]
    [InlineData("a\"b", "\"a\\\"b\"")]
    public void Arguments_are_quoted_for_windows(string argument, string quoted) => Assert.Equal(quoted, ShellText.Quote(argument, isWindows: true));

    [Theory]
    [InlineData("/r/src/StreamPipeline.Cli/bin/Release/net10.0/streampipeline", "/r/src/StreamPipeline.Cli/bin/Release/net10.0/", "/r", "dotnet run -c Release --project src/StreamPipeline.Cli --")]
    [InlineData("/usr/bin/dotnet", "/r/src/StreamPipeline.Cli/bin/Debug/net10.0/", "/elsewhere", "dotnet run -c Release --project /r/src/StreamPipeline.Cli --")]
    [InlineData("/home/a/.dotnet/tools/streampipeline", "/home/a/.dotnet/tools/.store/streampipeline.tool/0.1.0/tools/net10.0/any/", "/x", "streampipeline")]
    [InlineData("/opt/my tools/streampipeline", "/opt/my tools/.store/x/", "/x", "'/opt/my tools/streampipeline'")]
    [InlineData("/usr/bin/dotnet", "/home/a/.nuget/packages/streampipeline.tool/0.1.0/tools/net10.0/any/", "/x", "dotnet tool run streampipeline")]
    [InlineData("/usr/bin/dotnet", "/app/", "/x", "dotnet /app/streampipeline.dll")]
    public void Suggested_commands_start_the_program_as_it_was_started(string process, string binaries, string current, string program)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the paths are those of other systems");
        Assert.Equal(program, ProgramName.Of(process, binaries, current, "/usr/bin:/home/a/.dotnet/tools", _ => true));
    }
}
