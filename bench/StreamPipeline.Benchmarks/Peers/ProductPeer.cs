namespace StreamPipeline.Benchmarks.Peers;

/// <summary>The product, in either form.</summary>
/// <param name="bronze">Whether it keeps the raw records, which the others do not.</param>
internal sealed class ProductPeer(bool bronze) : IPeer
{
    /// <summary>The argument of the native executable that turns it off.</summary>
    public const string WithoutBronze = "without-bronze";

    private WarmConsumer? _consumer;

    public Task<long> Run(string input, string output) => ProductJob.Run(input, output, TimeProvider.System, bronze);

    public void Warm(string payload, string output) => _consumer = new WarmConsumer(Directory.GetFiles(payload).Single(), output, bronze);

    public void Renew() => _consumer!.Renew();

    public Task<long> Commit() => _consumer!.Commit();

    public void Dispose() => _consumer?.Dispose();
}
