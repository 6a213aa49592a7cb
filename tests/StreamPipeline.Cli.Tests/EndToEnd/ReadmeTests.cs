using System.Text;

namespace StreamPipeline.Cli.Tests.EndToEnd;

/// <summary>The commands that README.md tells to type work, in its order, in a folder that has the samples.</summary>
public sealed class ReadmeTests : IDisposable
{
    private const string FromSource = "dotnet run ";
    private const string Installed = "streampipeline ";

    private readonly Workspace _work = new();

    public void Dispose() => _work.Dispose();

    [Fact]
    public async Task Every_command_in_the_README_exits_with_0()
    {
        var commands = Commands(await File.ReadAllLinesAsync(Path.Combine(Samples.Folder, "..", "README.md"), TestContext.Current.CancellationToken));
        Assert.True(commands.Count >= 2, $"README.md has {commands.Count} commands in its fences");
        CopySamples();
        foreach (var command in commands)
        {
            var outcome = await CommandProcess.Run(_work.Folder, [], ArgumentsOf(command));
            Assert.True(outcome.Code == ExitCode.Done, $"{command}\nexit code {outcome.Code}\n{outcome.Error}");
        }
    }

    [Theory]
    [InlineData("streampipeline inspect --lake lake", "inspect", "--lake", "lake")]
    [InlineData("dotnet run -c Release --project src/StreamPipeline.Cli -- query --lake lake \"select 'a b', 1\"", "query", "--lake", "lake", "select 'a b', 1")]
    [InlineData("streampipeline query 'a \"b\"'", "query", "a \"b\"")]
    public void A_command_is_cut_into_words_as_a_shell_does(string command, params string[] words) => Assert.Equal(words, ArgumentsOf(command));

    [Fact]
    public void Only_commands_within_fences_of_shell_text_are_run()
    {
        string[] text =
        [
            "streampipeline outside", "```yaml", "streampipeline: yaml", "```", "```console", "$ streampipeline one \\", "    --lake x", "its output", "```",
            "```", "dotnet run --project p -- two", "dotnet test", "```",
        ];
        Assert.Equal(["streampipeline one --lake x", "dotnet run --project p -- two"], Commands(text));
    }

    /// <summary>The lines of shell fences that start this program; a backslash at the end goes on with the next line.</summary>
    private static List<string> Commands(string[] lines)
    {
        var commands = new List<string>();
        string? fence = null;
        var isContinued = false;
        foreach (var line in lines)
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                fence = fence is null ? line[3..].Trim() : null;
                continue;
            }

            if (fence is not ("" or "bash" or "console" or "sh"))
            {
                continue;
            }

            var text = line.Trim();
            text = text.StartsWith("$ ", StringComparison.Ordinal) ? text[2..] : text;
            if (isContinued)
            {
                commands[^1] += " " + text.TrimEnd('\\').TrimEnd();
            }
            else if (text.StartsWith(Installed, StringComparison.Ordinal) || (text.StartsWith(FromSource, StringComparison.Ordinal) && text.Contains(" -- ", StringComparison.Ordinal)))
            {
                commands.Add(text.TrimEnd('\\').TrimEnd());
            }
            else
            {
                continue;
            }

            isContinued = text.EndsWith('\\');
        }

        return commands;
    }

    /// <summary>What the program gets of a command line, quotes resolved; nothing else of a shell is understood.</summary>
    private static string[] ArgumentsOf(string command)
    {
        var rest = command.StartsWith(FromSource, StringComparison.Ordinal)
            ? command[(command.IndexOf(" -- ", StringComparison.Ordinal) + 4)..]
            : command[Installed.Length..];
        var words = new List<string>();
        var word = new StringBuilder();
        var quote = '\0';
        foreach (var letter in rest + " ")
        {
            if (quote != '\0' ? letter == quote : letter is '"' or '\'')
            {
                quote = quote == '\0' ? letter : '\0';
            }
            else if (letter != ' ' || quote != '\0')
            {
                word.Append(letter);
            }
            else if (word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
            }
        }

        Assert.Equal('\0', quote);
        return [.. words];
    }

    private void CopySamples()
    {
        foreach (var file in Directory.EnumerateFiles(Samples.Folder, "*", SearchOption.AllDirectories))
        {
            _work.Write(Path.Combine("events", Path.GetRelativePath(Samples.Folder, file)), File.ReadAllBytes(file));
        }
    }
}
