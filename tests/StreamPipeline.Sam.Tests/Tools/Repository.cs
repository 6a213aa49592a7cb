namespace StreamPipeline.Sam.Tests.Tools;

/// <summary>Where the tests' inputs lie.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Template { get; } = Path.Combine(Root, "sam", "template.yaml");

    /// <summary>This project's folder, with the scripts and node_modules.</summary>
    public static string Project { get; } = Path.Combine(Root, "tests", "StreamPipeline.Sam.Tests");

    public static string Script(string name) => Path.Combine(Project, "Tools", name);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "StreamPipeline.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("the tests run outside the repository");
    }
}
