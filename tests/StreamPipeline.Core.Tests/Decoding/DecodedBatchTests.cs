using System.IO.Compression;
using System.Text;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Tests.Contracts;

namespace StreamPipeline.Core.Tests.Decoding;

/// <summary>A batch owns its memory: the decoder goes on with other batches while it is alive.</summary>
public sealed class DecodedBatchTests
{
    private static readonly StreamPipeline.Core.Contracts.Contract Contract = Schemas.Compile("""
        {"type":"object","properties":{"s":{"type":["string","null"]},"n":{"type":"integer"},"l":{"type":"array","items":{"type":"boolean"}},"o":{"type":"object","properties":{"x":{"type":"number"}}}}}
        """);

    [Fact]
    public void Batches_of_one_decoder_do_not_share_memory()
    {
        using var decoder = new RecordDecoder(Contract, new DecodeLimits(), new HashSet<string>());
        var alive = new Queue<(DecodedBatch Batch, List<string> Rows, int Index)>();
        for (var i = 0; i < 30; i++)
        {
            var batch = decoder.Decode(Batch(i, compressed: i % 2 == 0), 0, []);
            alive.Enqueue((batch, ColumnText.Rows(batch), i));
            if (alive.Count == 3)
            {
                Release(alive.Dequeue());
            }
        }

        while (alive.TryDequeue(out var left))
        {
            Release(left);
        }
    }

    [Fact]
    public void A_batch_disposed_twice_gives_its_memory_back_once()
    {
        using var decoder = new RecordDecoder(Contract, new DecodeLimits(), new HashSet<string>());
        var first = decoder.Decode(Batch(1, compressed: true), 0, []);
        first.Dispose();
        first.Dispose();
        using var second = decoder.Decode(Batch(2, compressed: true), 0, []);
        using var third = decoder.Decode(Batch(3, compressed: true), 0, []);

        Assert.Equal(Expected(2), ColumnText.Rows(second));
        Assert.Equal(Expected(3), ColumnText.Rows(third));
    }

    private static void Release((DecodedBatch Batch, List<string> Rows, int Index) held)
    {
        Assert.Equal(Expected(held.Index), held.Rows);
        Assert.Equal(held.Rows, ColumnText.Rows(held.Batch));
        Assert.Equal(Lines(held.Index), held.Batch.Origins.ToArray().Select(origin => Encoding.UTF8.GetString(origin.Raw.Span)));
        Assert.Equal([held.Batch.RowCount, 0], held.Batch.EventsPerRecord.ToArray().Select((count, i) => i == 0 ? count : count - 1));
        held.Batch.Dispose();
    }

    private static MicroBatch Batch(int index, bool compressed)
    {
        var text = Encoding.UTF8.GetBytes(string.Join('\n', Lines(index)));
        return new MicroBatch("s", [new StreamRecord(SequenceNumber.From(1), compressed ? Compressed(text) : text, 0), new StreamRecord(SequenceNumber.From(2), "no"u8.ToArray(), 0)]);
    }

    private static string[] Lines(int index) =>
        [.. Enumerable.Range(0, 50 + index).Select(i => $"{{\"s\":{(i % 3 == 0 ? "null" : $"\"text {index} {i}\"")},\"n\":{(index * 1_000) + i},\"l\":[true,false],\"o\":{{\"x\":{i}.5}},\"extra\":{index}}}")];

    private static IEnumerable<string> Expected(int index) =>
        Enumerable.Range(0, 50 + index).Select(i => $"{(i % 3 == 0 ? "" : $"s=\"text {index} {i}\" ")}n={(index * 1_000) + i} l=[true,false] o={{x:{i}.5}} _extra=\"{{\\\"extra\\\":{index}}}\"");

    private static byte[] Compressed(byte[] text)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest))
        {
            gzip.Write(text);
        }

        return bytes.ToArray();
    }
}
