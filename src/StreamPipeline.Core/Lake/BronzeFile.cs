using System.Globalization;
using System.IO.Compression;
using StreamPipeline.Core.Decoding;
using ZstdSharp;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// A bronze file: the raw records of a batch as zstd-compressed NDJSON, a <see cref="BronzeLine"/> for each record. Its name says the records it holds, so a batch that is
/// written again after a crash replaces the same file.
/// </summary>
internal static class BronzeFile
{
    public const string Extension = ".ndjson.zst";

    // A batch holds 6 MB of payload, or one record of 10 MiB; six bytes a character at worst as JSON text.
    private const int TextBytesMax = 256 << 20;

    /// <param name="stream">Stream name.</param>
    /// <param name="batch">The records.</param>
    /// <param name="firstRecord">The first that is in the file.</param>
    /// <param name="attempt">Part of the name when it is given.</param>
    public static string Key(string stream, MicroBatch batch, int firstRecord, string? attempt = null)
    {
        var first = batch.Records[firstRecord];
        var hour = DateTime.UnixEpoch.AddTicks(first.ArrivalTimeUs * 10);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"bronze/{stream}/year={hour:yyyy}/month={hour:MM}/day={hour:dd}/hour={hour:HH}/{batch.Shard}-{first.Sequence}-{batch.Records[^1].Sequence}{(attempt is null ? "" : "-")}{attempt}{Extension}");
    }

    /// <summary>Reads the records of a file of one shard back, in file order. Of a fault only its reason is kept.</summary>
    /// <param name="content">The whole file.</param>
    /// <param name="name">Its key, for the error text.</param>
    /// <exception cref="InvalidDataException">Cut short, or not what <see cref="BronzeEncoder"/> writes.</exception>
    public static MicroBatch Decode(byte[] content, string name)
    {
        var lines = Lines(content, name);
        if (lines.FirstOrDefault(line => line.Shard != lines[0].Shard) is { Shard: { } other })
        {
            throw new InvalidDataException($"bronze file '{name}' holds records of two shards, '{lines[0].Shard}' and '{other}'");
        }

        return new MicroBatch(lines.Count == 0 ? "" : lines[0].Shard, [.. lines.Select(line => line.Record)]);
    }

    /// <summary>Reads the lines of a file, of whatever shards: zstd or gzip, by its first bytes, or plain, as Firehose delivers it.</summary>
    /// <exception cref="InvalidDataException">Cut short, damaged or no bronze.</exception>
    public static IReadOnlyList<BronzeLine> Lines(byte[] content, string name)
    {
        var text = Inflate(content, name).AsMemory();
        var lines = new List<BronzeLine>();
        while (text.Length > 0)
        {
            var end = text.Span.IndexOf((byte)'\n');
            if (end < 0)
            {
                throw new InvalidDataException($"bronze file '{name}' is cut short after {lines.Count} records");
            }

            lines.Add(BronzeLine.Read(text.Span[..end], $"line {lines.Count + 1} of bronze file '{name}'"));
            text = text[(end + 1)..];
        }

        return lines;
    }

    private static byte[] Inflate(byte[] content, string name)
    {
        try
        {
            using var compressed = new MemoryStream(content);
            using Stream? inflating = content switch
            {
                [0x28, 0xb5, 0x2f, 0xfd, ..] => new DecompressionStream(compressed),
                [0x1f, 0x8b, ..] => new GZipStream(compressed, CompressionMode.Decompress),
                [(byte)'{', ..] or [] => null,
                _ => throw new InvalidDataException($"bronze file '{name}' is damaged: it begins neither as zstd nor as gzip nor as JSON"),
            };
            if (inflating is null)
            {
                return content;
            }

            using var text = new MemoryStream();
            var buffer = new byte[1 << 16];
            for (int read; (read = inflating.Read(buffer)) > 0;)
            {
                text.Write(buffer, 0, read);
                if (text.Length > TextBytesMax)
                {
                    throw new InvalidDataException($"bronze file '{name}' inflates to more than {TextBytesMax:N0} bytes");
                }
            }

            return text.ToArray();
        }
        catch (Exception error) when (error is ZstdException or EndOfStreamException)
        {
            throw new InvalidDataException($"bronze file '{name}' is damaged: {error.Message}", error);
        }
    }
}
