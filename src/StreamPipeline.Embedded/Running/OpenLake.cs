using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Embedded.Running;

/// <summary>A lake with its stores. Owner: the command that works on it, which disposes it.</summary>
public sealed class OpenLake(LakeFolder folder, IObjectStore objects, SqliteStateStore state, IAttemptIds attempts) : IDisposable
{
    public LakeFolder Folder => folder;

    public IObjectStore Objects => objects;

    public IStateStore State => state;

    public IAttemptIds Attempts => attempts;

    public void Dispose() => state.Dispose();
}
