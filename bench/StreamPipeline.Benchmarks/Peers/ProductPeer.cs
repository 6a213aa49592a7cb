namespace StreamPipeline.Benchmarks.Peers;

/// <summary>The product, in either form.</summary>
internal sealed class ProductPeer : IPeer
{
    private WarmConsumer? _consumer;

    public Task<long> Run(string input, string output) => ProductJob.Run(input, output, TimeProvider.System);

    public void Warm(string payload, string output) => _consumer = new WarmConsumer(Directory.GetFiles(payload).Single(), output);

    public void Renew() => _consumer!.Renew();

    public Task<long> Commit() => _consumer!.Commit();

    public void Dispose() => _consumer?.Dispose();
}
