using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Embedded.Running;

/// <summary>A lake with its stores. Owner: the command that works on it, which disposes it.</summary>
/// <param name="objects">The lake's objects.</param>
/// <param name="state">The state table.</param>
/// <param name="attempts">Names for attempts.</param>
/// <param name="folder">Where the lake is on this disk; null when it is elsewhere.</param>
/// <param name="owned">Disposed with the lake.</param>
public sealed class OpenLake(IObjectStore objects, IStateStore state, IAttemptIds attempts, LakeFolder? folder, params IReadOnlyList<IDisposable> owned) : IDisposable
{
    public LakeFolder? Folder => folder;

    /// <summary>Where input that must be kept for the length of a run is kept: within the lake, so that there is room where the lake is, or else among the temporary files.</summary>
    public string SpoolFolder => folder is null ? Path.Combine(Path.GetTempPath(), "streampipeline-spool") : Path.Combine(folder.Root, "_spool");

    public IObjectStore Objects => objects;

    public IStateStore State => state;

    public IAttemptIds Attempts => attempts;

    /// <summary>Takes the raw records; by default the lake's objects.</summary>
    public IBronze Bronze { get; init; } = new ObjectBronze(objects);

    public void Dispose()
    {
        foreach (var store in owned)
        {
            store.Dispose();
        }
    }
}
