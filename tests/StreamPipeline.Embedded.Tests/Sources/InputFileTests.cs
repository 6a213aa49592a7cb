using System.Text;
using CsCheck;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Embedded.Sources;

namespace StreamPipeline.Embedded.Tests.Sources;

public sealed class InputFileTests : IDisposable
{
    private const string Event =
        """{"Records":[{"eventID":"s:1","kinesis":{"sequenceNumber":"1","data":"eA==","approximateArrivalTimestamp":1}}]}""";

    private static readonly byte[] _lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 100_000).Select(i => $"{{\"n\":{i}}}\n")));

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Never => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_and_its_compressed_copies_are_the_same_input_whatever_their_names()
    {
        var half = _lines.Length / 2;
        InputFile[] files =
        [
            Open(_folder.Write("a.ndjson", _lines)),
            Open(_folder.Write("misnamed.ndjson", TemporaryFolder.Gzip(_lines))),
            Open(_folder.Write("b.gz", [.. TemporaryFolder.Gzip(_lines[..half]), .. TemporaryFolder.Gzip(_lines[half..])])),
            Open(_folder.Write("c", TemporaryFolder.Zstd(_lines))),
        ];
        Assert.Equal([CompressionKind.None, CompressionKind.Gzip, CompressionKind.Gzip, CompressionKind.Zstd], files.Select(file => file.Compression));
        Assert.All(files, file =>
        {
            Assert.Equal(files[0].ReadId(), file.ReadId());
            Assert.Equal(files[0].Beginning, file.Beginning);
            using var reader = file.OpenLines(new DecodeLimits());
            Assert.Equal(100_000, LineReaderTests.ReadAll(reader).Count);
        });
        Assert.Matches("^[0-9a-f]{32}-1188890$", files[0].ReadId().ToString());
        _lines[7]++;
        Assert.NotEqual(files[0].ReadId(), Open(_folder.Write("d", _lines)).ReadId());
        _lines[7]--;
    }

    [Fact]
    public void A_damaged_file_has_an_identity_of_its_own()
    {
        var compressed = TemporaryFolder.Gzip(_lines);
        var cut = Open(_folder.Write("cut.gz", compressed[..^1000])).ReadId();
        Assert.Equal(cut, Open(_folder.Write("again.gz", compressed[..^1000])).ReadId());
        Assert.InRange(cut.Bytes, 1, _lines.Length - 1);
    }

    /// <summary>Cut anywhere, damaged anywhere: what can be had before the damage must not depend on who reads.</summary>
    [Fact]
    public void What_the_lines_are_read_from_has_the_identity_of_the_file()
    {
        byte[][] contents = [_lines, TemporaryFolder.Gzip(_lines), TemporaryFolder.Zstd(_lines), [.. TemporaryFolder.Gzip(_lines), .. TemporaryFolder.Gzip(_lines)]];

        Gen.Select(Gen.Int[0, 3], Gen.Double[0, 1], Gen.Bool, Gen.Int[1, 255])
            .Sample(
                (kind, where, cuts, change) =>
                {
                    var content = contents[kind];
                    var damaged = content.ToArray();
                    var at = (int)(where * (damaged.Length - 1));
                    damaged[at] ^= (byte)change;
                    var file = Open(_folder.Write("damaged", cuts ? damaged[..at] : damaged));
                    using var stream = file.OpenContent();
                    using var reader = file.OpenLines(stream, new DecodeLimits(), new LineBuffers());
                    var reached = new List<(ContentId Id, bool IsWhole)>();
                    while (reader.ReadBlock() is { } block)
                    {
                        reached.Add((stream.Id, stream.IsWhole));
                        block.Release();
                    }

                    Assert.All(reached, each => Assert.True(file.BeginsWith(each.Id, each.IsWhole, Never)));
                    Assert.Equal(stream.Id.Bytes, reader.BytesRead);
                    var id = file.ReadId();
                    Assert.Equal(id, stream.Id);
                    Assert.True(stream.IsWhole);
                    Assert.True(reader.Damage is not null || stream.FileBytes == file.Bytes);

                    Assert.True(file.BeginsWith(id, isWhole: true, Never));
                    var whole = Open(_folder.Write("whole", content));
                    if (cuts && kind == 0)
                    {
                        Assert.True(whole.BeginsWith(id, isWhole: false, Never));
                        Assert.Equal(at == content.Length, whole.BeginsWith(id, isWhole: true, Never));
                    }

                    Assert.Equal(id == whole.ReadId(), whole.BeginsWith(id, isWhole: true, Never));
                },
                iter: 100,
                threads: 1);
    }

    /// <summary>At the end of its block the reader asks for little; what follows is lost with the damage, or not, by how much is asked for.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    [InlineData(3_000)]
    public void Damage_right_behind_a_block_of_lines_is_at_the_same_byte_for_both(int behind)
    {
        var compressed = TemporaryFolder.Gzip(_lines[..(LineReader.BlockBytes + behind)]);
        compressed[^8] ^= 1;
        var file = Open(_folder.Write("damaged.gz", compressed));
        using var stream = file.OpenContent();
        using var reader = file.OpenLines(stream, new DecodeLimits(), new LineBuffers());
        LineReaderTests.ReadAll(reader);
        Assert.NotNull(reader.Damage);
        Assert.Equal(file.ReadId(), stream.Id);
    }

    /// <summary>Taken for the end, the whole file would be another input, counted once more, when it can be read again.</summary>
    [Theory]
    [InlineData(CompressionKind.None)]
    [InlineData(CompressionKind.Gzip)]
    [InlineData(CompressionKind.Zstd)]
    public void A_file_that_cannot_be_read_does_not_end_there(CompressionKind kind)
    {
        var content = LinesAs(kind);
        var path = _folder.Write("failing", content);
        using var stream = new ContentStream(new FailingFile(path, content.Length / 2), kind, content.Length);
        using var reader = Open(path).OpenLines(stream, new DecodeLimits(), new LineBuffers());
        var error = Assert.Throws<InputException>(() => LineReaderTests.ReadAll(reader));
        Assert.Equal($"{path} cannot be read: the disk is broken; all that was committed is safe, and the same command goes on where this one stopped", error.Message);
        Assert.False(stream.IsWhole);
        Assert.Null(reader.Damage);

        using var skipped = new ContentStream(new FailingFile(path, content.Length / 2), kind, content.Length);
        Assert.Throws<InputException>(() => skipped.SkipTo(long.MaxValue, Never));
        Assert.False(skipped.IsWhole);
    }

    [Theory]
    [InlineData(CompressionKind.None)]
    [InlineData(CompressionKind.Gzip)]
    [InlineData(CompressionKind.Zstd)]
    public void A_file_that_shrinks_while_it_is_read_does_not_end_there(CompressionKind kind)
    {
        var content = LinesAs(kind);
        var path = _folder.Write("shrinking", content);
        var file = Open(path);
        using var stream = file.OpenContent();
        using var reader = file.OpenLines(stream, new DecodeLimits(), new LineBuffers());
        using (var cut = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            cut.SetLength(content.Length / 2);
        }

        var error = Assert.Throws<InputException>(() => LineReaderTests.ReadAll(reader));
        Assert.Equal(
            $"{path} cannot be read: it ends after {content.Length / 2:N0} bytes, and had {content.Length:N0} when it was opened: it was cut while it was read; all that was committed is safe, and the same command goes on where this one stopped",
            error.Message);
        Assert.False(stream.IsWhole);
        Assert.Null(reader.Damage);
        Assert.Throws<InputException>(() => file.ReadContentId(Never));
        using var lines = file.OpenLines(new DecodeLimits());
        LineReaderTests.ReadAll(lines);
        Assert.Contains("it was cut while it was read", lines.Damage, StringComparison.Ordinal);

        // As it is now, it is an input like any other.
        _ = Open(path).ReadContentId(Never);
    }

    [Fact]
    public void A_file_that_grows_while_it_is_read_is_read_to_its_end()
    {
        var path = _folder.Write("growing", _lines);
        var file = Open(path);
        using (var more = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
        {
            more.Write("{}\n"u8);
        }

        Assert.Equal(_lines.Length + 3, file.ReadContentId(Never).Bytes);
    }

    [Fact]
    public void A_lambda_event_that_shrinks_is_told_as_what_it_is()
    {
        var path = _folder.Write("event.json", EventOf(10_000));
        var file = Open(path);
        using (var cut = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            cut.SetLength(700_000);
        }

        Assert.StartsWith("event.json cannot be read to its end: it ends after 700,000 bytes, and had ", Assert.Throws<InputException>(() => file.ReadLambdaEvent()).Message);
    }

    [Fact]
    public void A_line_without_end_ends_at_the_same_byte_for_both()
    {
        using var zeros = LineReaderTests.Zeros(CompressionKind.Zstd, LineReader.LineBytesMax + (64 << 20));
        var bytes = new MemoryStream();
        bytes.Write("{}\n"u8);
        var first = TemporaryFolder.Zstd(bytes.ToArray());
        bytes.SetLength(0);
        bytes.Write(first);
        zeros.CopyTo(bytes);
        var file = Open(_folder.Write("bomb.zst", bytes.ToArray()));
        using var stream = file.OpenContent();
        using var reader = file.OpenLines(stream, new DecodeLimits(), new LineBuffers());
        LineReaderTests.ReadAll(reader);
        Assert.NotNull(reader.Damage);
        stream.SkipTo(long.MaxValue, Never);
        Assert.Equal(file.ReadId(), stream.Id);
        Assert.InRange(stream.Id.Bytes, LineReader.LineBytesMax, LineReader.LineBytesMax + (1 << 20));
    }

    [Fact]
    public void An_id_is_read_as_it_was_written()
    {
        Gen.Select(Gen.ULong, Gen.ULong, Gen.Long[0, long.MaxValue]).Sample((high, low, bytes) =>
        {
            var id = new ContentId(new UInt128(high, low), bytes);
            Assert.Equal(id, ContentId.Parse(id.ToString()));
        });
        Assert.All(["", "x", new string('0', 32), new string('0', 33), new string('0', 32) + "-", new string('g', 32) + "-1"], text => Assert.Throws<FormatException>(() => ContentId.Parse(text)));
    }

    [Fact]
    public void A_lambda_event_is_told_by_its_content()
    {
        var file = Open(_folder.Write("event.gz", TemporaryFolder.Gzip(Encoding.UTF8.GetBytes(Event))));
        Assert.Equal(InputKind.LambdaEvent, file.Kind);
        using var read = file.ReadLambdaEvent();
        Assert.Equal("s", Assert.Single(read.Batches).Shard);
        Assert.Equal(InputKind.Lines, Open(_folder.Write("lines.json", "{\"Records\":1}\n{}")).Kind);
        Assert.Equal(InputKind.Lines, Open(_folder.Write("empty.json", "")).Kind);
    }

    [Theory]
    [InlineData(5_000, InputKind.LambdaEvent)]
    [InlineData(60_000, InputKind.LambdaEvent)]
    [InlineData(70_000, InputKind.Lines)]
    public void A_lambda_event_whose_records_come_late_is_told_within_64_KiB(int blanks, InputKind kind)
    {
        var text = "{\"a\":1," + new string(' ', blanks) + Event[1..];
        Assert.Equal(kind, Open(_folder.Write("event.json", text)).Kind);
        Assert.Equal(kind, Open(_folder.Write("event.zst", TemporaryFolder.Zstd(Encoding.UTF8.GetBytes(text)))).Kind);
    }

    [Fact]
    public void Events_of_any_size_are_read_into_the_memory_of_the_one_before()
    {
        using var read = new LambdaEvent();
        byte[] json = [];
        foreach (var records in new[] { 1, 20_000, 3, 9_000, 40_000, 2 })
        {
            var text = EventOf(records);
            foreach (var bytes in new[] { Encoding.UTF8.GetBytes(text), TemporaryFolder.Gzip(Encoding.UTF8.GetBytes(text)) })
            {
                Open(_folder.Write("event.json", bytes)).ReadLambdaEvent(read, ref json);
                Assert.Equal(Enumerable.Range(1, records).Select(i => $"{i}"), Assert.Single(read.Batches).Records.Select(each => each.Sequence.ToString()));
                Assert.All(read.Batches[0].Records, each => Assert.Equal("x"u8.ToArray(), each.Data.ToArray()));
            }
        }

        Assert.InRange(json.Length, 4 << 20, 9 << 20);
    }

    [Fact]
    public void A_lambda_event_that_is_broken_is_refused_by_name()
    {
        var broken = Open(_folder.Write("event.json", Event[..^20]));
        Assert.StartsWith("event.json: not JSON, after 0 whole records: ", Assert.Throws<InputException>(() => broken.ReadLambdaEvent()).Message);
        var cutLate = Open(_folder.Write("long.json", EventOf(20_000)[..^1]));
        Assert.StartsWith("long.json: not JSON, after 20000 whole records: ", Assert.Throws<InputException>(() => cutLate.ReadLambdaEvent()).Message);
        var cut = Open(_folder.Write("cut.json", TemporaryFolder.Gzip(Encoding.UTF8.GetBytes(Event))[..^2]));
        Assert.StartsWith("cut.json cannot be read to its end: the gzip data ends early", Assert.Throws<InputException>(() => cut.ReadLambdaEvent()).Message);
        var large = Open(_folder.Write("large.json", TemporaryFolder.Gzip(Encoding.UTF8.GetBytes(Event + new string(' ', InputFile.LambdaEventBytesMax)))));
        Assert.StartsWith("large.json is a Lambda event of more than 67,108,864 bytes", Assert.Throws<InputException>(() => large.ReadLambdaEvent()).Message);
    }

    [Fact]
    public void What_is_not_a_file_is_refused_with_the_reason()
    {
        var missing = Path.Combine(_folder.Path, "missing.ndjson");
        Assert.Equal($"{missing} does not exist", Assert.Throws<InputException>(() => Open(missing)).Message);
        Assert.Equal($"{_folder.Path} is a folder, a file is expected here", Assert.Throws<InputException>(() => Open(_folder.Path)).Message);
        Assert.Contains("cannot be read twice", Assert.Throws<InputException>(() => Open("/dev/zero")).Message);
    }

    [Fact]
    public void Standard_input_may_be_compressed()
    {
        using var plain = InputFile.OpenStandardInput(new MemoryStream("a\nb"u8.ToArray()), new DecodeLimits());
        Assert.Equal(["a", "b"], LineReaderTests.ReadAll(plain).Select(line => line.Text));
        using var compressed = InputFile.OpenStandardInput(new MemoryStream(TemporaryFolder.Zstd(_lines)), new DecodeLimits());
        Assert.Equal(100_000, LineReaderTests.ReadAll(compressed).Count);
        using var empty = InputFile.OpenStandardInput(new MemoryStream(), new DecodeLimits());
        Assert.Empty(LineReaderTests.ReadAll(empty));
    }

    [Fact]
    public void A_folder_gives_its_records_files_in_the_order_of_their_paths()
    {
        foreach (var name in new[] { "b.ndjson", "a/z.jsonl.GZ", "a/b/c.json", "a-b.json.zst", "B.ndjson", ".hidden.json", ".git/x.json", "notes.txt", "x.gz" })
        {
            _folder.Write(name, "{}");
        }

        using var outside = new TemporaryFolder();
        outside.Write("out.json", "{}");
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "link"), outside.Path);
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "link.json"), Path.Combine(outside.Path, "out.json"));
        Assert.Equal(["B.ndjson", "a-b.json.zst", "a/b/c.json", "a/z.jsonl.GZ", "b.ndjson"], InputFolder.Find(_folder.Path).Select(file => file.Name));
        Assert.Equal([".hidden.json (hidden)", "link (a symbolic link)", "link.json (a symbolic link)"], InputFolder.FindSkipped(_folder.Path));
        Assert.Empty(InputFolder.FindSkipped(Path.Combine(_folder.Path, "b.ndjson")));
    }

    [Fact]
    public void A_folder_without_records_is_refused()
    {
        _folder.Write("notes.txt", "");
        Assert.EndsWith(
            "holds no *.ndjson, *.jsonl or *.json file, also none with .gz or .zst",
            Assert.Throws<InputException>(() => InputFolder.Find(_folder.Path)).Message);
    }

    [Fact]
    public void A_file_given_by_name_is_read_whatever_its_name()
    {
        var file = Assert.Single(InputFolder.Find(_folder.Write("flights.log", "{}")));
        Assert.Equal("flights.log", file.Name);
    }

    private sealed class FailingFile(string path, long from) : FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0)
    {
        // The span overload of a derived stream comes here.
        public override int Read(byte[] buffer, int offset, int count) =>
            Position < from ? base.Read(buffer, offset, (int)Math.Min(count, from - Position)) : throw new IOException("the disk is broken");
    }

    private static string EventOf(int records)
    {
        var record = Event["{\"Records\":[".Length..^"]}".Length];
        return "{\"Records\":[" + string.Join(',', Enumerable.Range(1, records).Select(i => record.Replace("\"1\"", $"\"{i}\"").Replace("s:1", $"s:{i}"))) + "]}";
    }

    private static byte[] LinesAs(CompressionKind kind) => kind switch
    {
        CompressionKind.Gzip => TemporaryFolder.Gzip(_lines),
        CompressionKind.Zstd => TemporaryFolder.Zstd(_lines),
        _ => _lines,
    };

    private static InputFile Open(string path) => InputFile.Open(path, Path.GetFileName(path));
}

internal static class InputFileReading
{
    public static ContentId ReadId(this InputFile file) => file.ReadContentId(TestContext.Current.CancellationToken);
}
