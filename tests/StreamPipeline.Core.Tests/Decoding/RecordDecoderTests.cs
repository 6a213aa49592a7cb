using System.IO.Compression;
using System.Text;
using CsCheck;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Tests.Contracts;
using StreamPipeline.Core.Tests.Decoding.Compiled;

namespace StreamPipeline.Core.Tests.Decoding;

public sealed class RecordDecoderTests
{
    private static readonly StreamPipeline.Core.Contracts.Contract Contract = Schemas.Compile("""
        {"type":"object","required":["a"],"properties":{"a":{"type":"integer"},"s":{"type":"string"}}}
        """);

    private static readonly byte[][] Kinds =
    [
        .. new[]
        {
            "{\"a\":1}", "{\"a\":2,\"s\":\"text\"}", "{\"a\":3}\n", " {\"a\":4}", "{\"a\":5} \t\r\n ", "{\"a\":6}{\"a\":7}", "{\"a\":8}\n{\"a\":9}\n", "{\"a\":10}x", "{\"a\":\"bad\"}", "{\"s\":\"none\"}",
            "{\"a\":11,\"x\":true}", "{\"a\":12", "", " ", "[1]", "nonsense", "\uFEFF{\"a\":13}", $"{{\"a\":14,\"s\":\"{new string('l', 200)}\"}}",
        }.Select(Encoding.UTF8.GetBytes),
        Compressed("{\"a\":15}{\"a\":16}"),
    ];

    /// <summary>Where records lie must not matter: side by side in one array they are read several at a time, in arrays of their own one by one.</summary>
    [Fact]
    public void Records_side_by_side_are_decoded_as_each_by_itself() =>
        Gen.Select(Pick.From(Kinds).Array[1, 30], Gen.Int[0, 2], Gen.OneOf(Gen.Const(0), Gen.Const(2_000)), Gen.Int[0, 5]).Sample((data, gap, behind, from) =>
        {
            var together = new byte[data.Sum(part => part.Length + gap) + behind];
            together.AsSpan().Fill((byte)'}');
            var at = 0;
            var sideBySide = new List<ReadOnlyMemory<byte>>();
            foreach (var part in data)
            {
                part.CopyTo(together, at);
                sideBySide.Add(together.AsMemory(at, part.Length));
                at += part.Length + gap;
            }

            from = Math.Min(from, data.Length);
            var expected = Decode([.. data.Select(part => (ReadOnlyMemory<byte>)part.ToArray())], from);
            Assert.Equal(expected, Decode(sideBySide, from));
        });

    private static string Decode(IReadOnlyList<ReadOnlyMemory<byte>> data, int from)
    {
        // A record of 180 bytes is too large here; one of them has a fault of its own.
        using var decoder = new RecordDecoder(Contract, new DecodeLimits(RecordBytes: 180), new HashSet<string>());
        var rejections = new List<Rejection>();
        var records = data.Select((part, i) => new StreamRecord(SequenceNumber.From((UInt128)i), part, 0, i == 7 ? new RecordFault("bad_base64", "not whole") : null));
        using var batch = decoder.Decode(new MicroBatch("s", [.. records]), from, rejections);
        return string.Join('\n',
        [
            .. ColumnText.Rows(batch),
            .. batch.Origins.ToArray().Select(Text),
            .. rejections.Select(rejection => $"{Text(rejection.Origin)} {rejection.Reason} {rejection.RuleOrPath} {rejection.Detail}"),
            string.Join(' ', batch.EventsPerRecord.ToArray()),
        ]);
    }

    private static string Text(EventOrigin origin) => $"{origin.Record} {origin.Event} {Convert.ToHexString(origin.Raw.Span)}";

    private static byte[] Compressed(string text)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return bytes.ToArray();
    }
}
