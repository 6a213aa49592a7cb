using BenchmarkDotNet.Attributes;
using StreamPipeline.Benchmarks.Baselines;
using StreamPipeline.Benchmarks.Input;

namespace StreamPipeline.Benchmarks.Stages;

/// <summary>One benchmark per stage, over the records of a 5 MB Lambda payload (about 5,600 events). Divide by <c>Records</c> for a figure per event.</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class StageBenchmarks
{
    private StageInputs _iot = null!;

    [GlobalSetup]
    public void Setup() => _iot = new StageInputs(EventShape.Iot);

    [GlobalCleanup]
    public void Cleanup() => _iot.Dispose();

    [Benchmark]
    public int Envelope() => _iot.Envelope();

    [Benchmark]
    public int Decode() => _iot.Decode();

    [Benchmark]
    public int Quality() => _iot.Quality();

    [Benchmark]
    public int Dedupe() => _iot.Dedupe();

    [Benchmark]
    public int EnrichAndSilver() => _iot.BuildSilverRows();

    [Benchmark]
    public int Windows() => _iot.Windows();

    [Benchmark]
    public int StagedFile() => _iot.EncodeStaged();

    [Benchmark]
    public int BronzeFile() => _iot.EncodeBronze();

    [Benchmark]
    public Task<int> TableFile() => _iot.EncodeParquet();
}

/// <summary>Records to columns beside what one would write otherwise, in one run.</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class DecodeBenchmarks
{
    private readonly ReaderIntoColumns _reader = new();
    private StageInputs _iot = null!;

    [GlobalSetup]
    public void Setup() => _iot = new StageInputs(EventShape.Iot);

    [GlobalCleanup]
    public void Cleanup() => _iot.Dispose();

    [Benchmark(Baseline = true)]
    public int SourceGeneratedPoco() => PocoDecoder.ReadAllIot(_iot.Batch).Count;

    [Benchmark]
    public int Utf8JsonReaderIntoColumns() => _reader.Decode(_iot.Batch);

    [Benchmark]
    public int Decode() => _iot.Decode();
}

/// <summary>The canonical one: a 5 MB Lambda payload to a committed batch, over stores in memory.</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class MicroBatchBenchmark
{
    private StageInputs _iot = null!;

    [GlobalSetup]
    public void Setup() => _iot = new StageInputs(EventShape.Iot);

    [GlobalCleanup]
    public void Cleanup() => _iot.Dispose();

    [Benchmark]
    public long PayloadToCommit() => _iot.MicroBatch();
}
