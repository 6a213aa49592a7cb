using StreamPipeline.Embedded;
using StreamPipeline.Embedded.Running;

namespace StreamPipeline.Cli;

/// <summary>Opens lakes on disk with their stores.</summary>
internal static class Lakes
{
    /// <exception cref="LakeException">The folder is no lake, or cannot be written.</exception>
    public static OpenLake OpenOrCreate(string path) => With(LakeFolder.OpenOrCreate(path));

    /// <exception cref="LakeException">There is no lake.</exception>
    public static OpenLake Open(string path) => With(LakeFolder.Open(path));

    private static OpenLake With(LakeFolder folder)
    {
        var attempts = new RandomAttemptIds();
        return new OpenLake(folder, new FolderObjectStore(folder.Root, attempts.Next()), new SqliteStateStore(folder.Root), attempts);
    }
}
