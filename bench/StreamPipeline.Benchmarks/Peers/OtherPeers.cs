using DuckDB.NET.Data;

namespace StreamPipeline.Benchmarks.Peers;

/// <summary><see cref="DuckDbJob"/>. For payloads that come one by one the database stays open.</summary>
internal sealed class DuckDbPeer : IPeer
{
    private DuckDBConnection? _database;
    private string _payload = "";
    private string _output = "";

    public Task<long> Run(string input, string output)
    {
        if (Directory.Exists(input))
        {
            DuckDbJob.FromPayloads(Path.Combine(input, "*.json"), output);
        }
        else
        {
            DuckDbJob.FromLines(input, output);
        }

        return Task.FromResult(0L);
    }

    public void Warm(string payload, string output) => (_database, _payload, _output) = (DuckDbJob.Open(), Path.Combine(payload, "*.json"), output);

    public void Renew()
    {
        // It remembers nothing of the last one.
    }

    public Task<long> Commit()
    {
        DuckDbJob.FromPayloads(_database!, _payload, _output);
        return Task.FromResult(0L);
    }

    public void Dispose() => _database?.Dispose();
}

/// <summary><see cref="IdiomaticJob"/>.</summary>
internal sealed class IdiomaticPeer : IPeer
{
    private string _payload = "";
    private string _output = "";

    public async Task<long> Run(string input, string output)
    {
        await (Directory.Exists(input)
            ? IdiomaticJob.FromPayloads(Directory.GetFiles(input).Order(StringComparer.Ordinal), output)
            : IdiomaticJob.FromLines(input, output));
        return 0;
    }

    public void Warm(string payload, string output) => (_payload, _output) = (payload, output);

    public void Renew()
    {
        // It remembers nothing of the last one.
    }

    public Task<long> Commit() => Run(_payload, _output);

    public void Dispose()
    {
        // Nothing is held.
    }
}
