using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Cli;

/// <summary>Files beside a pipeline.yaml on the disk.</summary>
/// <param name="folder">The folder of pipeline.yaml.</param>
/// <param name="fileBytesMax">Larger files are refused before they are read: a lookup table lives in memory.</param>
internal sealed class FolderConfigurationFiles(string folder, long fileBytesMax = 1L << 30) : IConfigurationFiles
{
    public static FolderConfigurationFiles Beside(string pipelineFile) =>
        new(Path.GetDirectoryName(Path.GetFullPath(pipelineFile)) ?? "/");

    public byte[]? Read(string relativePath, out string error)
    {
        var path = Path.Combine(folder, relativePath);
        try
        {
            if (Directory.Exists(path))
            {
                error = $"{path} is a folder, a file is expected";
                return null;
            }

            var bytes = new FileInfo(path).Length;
            if (bytes > fileBytesMax)
            {
                error = $"{path} has {bytes:N0} bytes, at most {fileBytesMax:N0} are allowed";
                return null;
            }

            error = "";
            return File.ReadAllBytes(path);
        }
        catch (FileNotFoundException)
        {
            error = $"{path} does not exist";
        }
        catch (DirectoryNotFoundException)
        {
            error = $"{path} does not exist";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            error = $"{path} cannot be read: {failure.Message}";
        }

        return null;
    }
}
