namespace StreamPipeline.Core.Configuration;

/// <summary>Reads the files that a pipeline.yaml names, relative to it. Two real ones: the disk and an S3 prefix.</summary>
public interface IConfigurationFiles
{
    /// <summary>Null with <paramref name="error"/> set when the file cannot be read; never throws for that.</summary>
    byte[]? Read(string relativePath, out string error);
}
