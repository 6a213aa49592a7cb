using StreamPipeline.Embedded;

namespace StreamPipeline.Cli.Redrive;

/// <summary>The objects below an <c>s3://bucket/prefix</c> in a temporary folder. Owner: the redrive, which disposes it.</summary>
internal sealed class FetchedObjects : IDisposable
{
    private FetchedObjects(string folder) => Folder = folder;

    public string Folder { get; }

    /// <summary>Null when the source is not on S3.</summary>
    public static async Task<FetchedObjects?> Of(string source, CancellationToken cancellation)
    {
        if (!source.StartsWith(LakeLocation.S3, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var remote = AwsAccess.Objects(source);
        var fetched = new FetchedObjects(Directory.CreateTempSubdirectory("streampipeline-redrive-").FullName);
        try
        {
            // The store checks keys, so that none leads out of the folder.
            var local = new FolderObjectStore(fetched.Folder, new RandomAttemptIds().Next());
            await foreach (var entry in remote.List("", cancellation))
            {
                if (await remote.Get(entry.Key, cancellation) is { } content)
                {
                    await local.Put(entry.Key, content, cancellation);
                }
            }

            return fetched;
        }
        catch
        {
            fetched.Dispose();
            throw;
        }
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
