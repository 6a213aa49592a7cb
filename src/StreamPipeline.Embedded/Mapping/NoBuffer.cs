namespace StreamPipeline.Embedded.Mapping;

/// <summary>For records whose bytes are their own.</summary>
internal sealed class NoBuffer : IDisposable
{
    public static readonly NoBuffer Instance = new();

    public void Dispose()
    {
    }
}
