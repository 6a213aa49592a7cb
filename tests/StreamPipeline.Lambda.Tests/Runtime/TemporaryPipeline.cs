namespace StreamPipeline.Lambda.Tests.Runtime;

/// <summary>The small pipeline as files, as a deployment package has them.</summary>
internal sealed class TemporaryPipeline : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("streampipeline-").FullName;

    public TemporaryPipeline()
    {
        System.IO.File.WriteAllText(File, SmallPipeline.Yaml());
        System.IO.File.WriteAllText(
            Path.Combine(_folder, "c.json"),
            """{"type":"object","required":["id","k","t"],"properties":{"id":{"type":"string"},"k":{"type":"string"},"t":{"type":"integer"},"n":{"type":"integer"},"x":{"type":"number"},"b":{"type":"boolean"},"d":{"type":"string","format":"date"}}}""");
    }

    public string File => Path.Combine(_folder, "pipeline.yaml");

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
