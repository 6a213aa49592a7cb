using StreamPipeline.Core.Lake;
using StreamPipeline.Embedded;
using StreamPipeline.Embedded.Running;

namespace StreamPipeline.Cli;

/// <summary>Opens lakes with their stores.</summary>
internal static class Lakes
{
    /// <exception cref="LakeException">The folder is no lake, or cannot be written.</exception>
    public static OpenLake OpenOrCreate(LakeLocation location) =>
        location.IsS3 ? AwsAccess.Lake(location) : With(LakeFolder.OpenOrCreate(location.Lake));

    /// <exception cref="LakeException">There is no lake.</exception>
    public static OpenLake Open(LakeLocation location) => location.IsS3 ? AwsAccess.Lake(location) : With(LakeFolder.Open(location.Lake));

    /// <summary>The objects alone, for who only reads tables.</summary>
    /// <exception cref="LakeException">There is no lake.</exception>
    public static IObjectStore OpenObjects(LakeLocation location) =>
        location.IsS3 ? AwsAccess.Objects(location.Lake) : new FolderObjectStore(LakeFolder.Open(location.Lake).Root, new RandomAttemptIds().Next());

    /// <summary>A place for objects that need not be a lake.</summary>
    public static IObjectStore OpenFolderOrBucket(string place) =>
        place.StartsWith(LakeLocation.S3, StringComparison.OrdinalIgnoreCase) ? AwsAccess.Objects(place) : new FolderObjectStore(place, new RandomAttemptIds().Next());

    private static OpenLake With(LakeFolder folder)
    {
        var attempts = new RandomAttemptIds();
        var state = new SqliteStateStore(folder.Root);
        return new OpenLake(new FolderObjectStore(folder.Root, attempts.Next()), state, attempts, folder, state);
    }
}
