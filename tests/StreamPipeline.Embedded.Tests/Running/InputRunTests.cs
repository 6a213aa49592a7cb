using System.Globalization;
using System.Text;
using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Embedded.Mapping;
using StreamPipeline.Embedded.Query;
using StreamPipeline.Embedded.Running;
using StreamPipeline.Embedded.Sources;
using StreamPipeline.Embedded.Tests.Redriving;

namespace StreamPipeline.Embedded.Tests.Running;

/// <summary>Inputs that are known by their beginning until they were read to their end, run by processes that are killed, changed meanwhile, or come at once. No dedup: what is counted twice shows.</summary>
public sealed class InputRunTests : IDisposable
{
    private const int BatchLines = 500;

    /// <summary>Some 2.5 MB: several blocks, and many times the beginning.</summary>
    private const int Lines = 6_000;

    /// <summary>Of a line that is so long that the reader waits for the first commits.</summary>
    private const int LongBytes = 1_500;

    private static readonly Pipeline _pipeline = SmallPipeline.Compile(SmallPipeline.Yaml().Replace("dedup: { key: [id], horizon: 1h }", "", StringComparison.Ordinal));

    private const string Unfinished = "other: a was interrupted and is not finished: run it again first (it goes on where it stopped), then this one";

    private readonly Sources.TemporaryFolder _folder = new();
    private readonly MemoryStateStore _state = new();
    private readonly CountedAttempts _attempts = new("r");
    private readonly FolderObjectStore _objects;
    private int _shards = 1;
    private int _batchLines = BatchLines;

    public InputRunTests() => _objects = new FolderObjectStore(Path.Combine(_folder.Path, "lake"), "t");

    private static CancellationToken Never => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task However_often_it_is_killed_and_however_it_is_packed_an_input_counts_each_line_once(int seed)
    {
        var random = new Random(seed);
        _shards = seed;
        var content = Content("a", Lines, LongBytes);
        string[] packed = [_folder.Write("plain", content), _folder.Write("gzip", Sources.TemporaryFolder.Gzip(content)), _folder.Write("zstd", Sources.TemporaryFolder.Zstd(content))];
        var kills = 0;
        while (!await Survives(packed[random.Next(3)], random.Next(5, 60)))
        {
            kills++;
        }

        Assert.True(kills > 0);
        await AssertIds(Ids("a", Lines));
        var entry = Assert.Single(await Inputs());
        Assert.Equal((InputFile.Open(packed[0], "").ReadContentId(Never).ToString(), Lines), (entry.ContentId, entry.Records));
        foreach (var file in packed)
        {
            var again = (await Run(file)).Totals;
            Assert.Equal((0, Lines), (again.Counts.Records, again.Replayed));
            var stored = new FileInfo(file).Length;
            Assert.Equal((content.Length, stored, stored), (again.BytesRead, again.StoredRead, again.StoredTotal));
        }
    }

    [Fact]
    public async Task What_was_changed_within_what_was_read_is_another_input_and_behind_it_is_not()
    {
        var content = Content("a", Lines, 2 * LongBytes);
        var file = _folder.Write("a", content);
        var store = new HookedStateStore(_state) { Before = call => call == nameof(IStateStore.PutIf) ? throw new KilledException() : default };
        await Assert.ThrowsAsync<KilledException>(() => Run(file, store));
        await AssertRefused(Content("b", Lines), Unfinished);
        Assert.False(await Survives(file, calls: 20));
        var read = Reach().Bytes;
        Assert.InRange(read, InputFile.Open(file, "").Beginning!.Value.Bytes + 1, content.Length - 100_000);

        foreach (var at in new[] { 70_000, (int)read - 1 })
        {
            var changed = content.ToArray();
            changed[at] ^= 1;
            await AssertRefused(changed, Differs());
        }

        await AssertRefused(content[..((int)read - 1)], Differs());
        Assert.Equal(read, Reach().Bytes);

        // Nothing behind it was committed.
        var grown = content[..(int)read].Concat(Encoding.UTF8.GetBytes("\n")).Concat(Content("b", 3_000)).ToArray();
        var committed = await Counts(_folder.Write("a", grown));
        Assert.True(committed.Replayed >= BatchLines);
        var ids = Encoding.UTF8.GetString(grown).Split('\n').Where(line => line.EndsWith('}')).Select(line => line.Split('"')[3]);
        await AssertIds([.. ids]);
    }

    /// <summary>Lines so long that blocks have few, each a batch: every place where one could be committed too early comes.</summary>
    [Fact]
    public async Task Nothing_is_committed_before_it_is_written_that_it_was_read()
    {
        const int Count = 300;
        const long LinesMax = 1_000_000_000_000;
        var content = Content("a", Count, lineBytes: 60_000);
        var ends = content.Index().Where(each => each.Item == '\n').Select(each => each.Index + 1).ToList();
        _batchLines = 1;
        var last = -1L;
        _state.BeforeSwap = writes =>
        {
            foreach (var item in writes.Select(write => write.Item).Where(item => item.Pk.StartsWith("SHARD#", StringComparison.Ordinal) && item.Sk == StateKeys.Head))
            {
                last = long.Parse(ShardHead.FromJson(item.Body.Span).LastSequence!, CultureInfo.InvariantCulture) % LinesMax;
                Assert.InRange(Reach().Bytes, ends[(int)last], content.Length);
            }

            return Task.CompletedTask;
        };
        await Run(_folder.Write("a", content));
        Assert.Equal(Count - 1, last);
        _state.BeforeSwap = null;
        await AssertIds(Ids("a", Count));
    }

    [Fact]
    public async Task An_input_that_ended_and_has_grown_is_another()
    {
        var content = Content("a", Lines)[..^1];
        var file = _folder.Write("a", content);
        var store = new HookedStateStore(_state);
        var entered = false;
        store.Before = async call =>
        {
            // The last line has no end but that of the file.
            if (call == nameof(IStateStore.Put) && (await Silver()) == Lines && entered)
            {
                throw new KilledException();
            }

            entered = true;
        };
        await Assert.ThrowsAsync<KilledException>(() => Run(file, store));
        Assert.Equal(content.Length, Reach().Bytes);
        await AssertRefused([.. content, .. "{}\n"u8], Differs(" or goes on behind them"));
        Assert.Equal((0L, (long)Lines), await Counts(file));
        await AssertIds(Ids("a", Lines));
    }

    [Fact]
    public async Task Nothing_is_followed_while_an_input_is_unfinished()
    {
        var file = _folder.Write("a", Content("a", Lines));
        Assert.False(await Survives(file, calls: 30));
        var refused = await Assert.ThrowsAsync<InputRefusedException>(() => Run("-", follow: true));
        Assert.Equal("standard input (followed): a was interrupted and is not finished: run it again first (it goes on where it stopped), then this one", refused.Message);
        await Run(file);
        await Run("-", follow: true);
        Assert.Equal([true, true], (await Inputs()).Select(input => input.Complete));
    }

    [Fact]
    public async Task Inputs_that_begin_alike_are_told_apart()
    {
        var common = Content("a", Lines);
        string[] files =
        [
            _folder.Write("1", common),
            _folder.Write("2", [.. common, .. Content("b", 500)]),
            _folder.Write("3", common[..(1 << 20)]),
            _folder.Write("4", common[..(64 << 10)]),
            _folder.Write("5", common[..((64 << 10) - 1)]),
        ];
        long lines = 0;
        foreach (var file in files)
        {
            var (records, replayed) = await Counts(file);
            Assert.Equal(0, replayed);
            lines += records;
        }

        foreach (var file in files.Reverse())
        {
            Assert.Equal(0, (await Counts(file)).Records);
        }

        Assert.Equal(lines, (await Inputs()).Sum(input => input.Records));
        Assert.Equal(5, (await Inputs()).Select(input => input.ContentId).Distinct().Count());
    }

    [Fact]
    public async Task What_an_earlier_version_entered_is_found_by_its_content()
    {
        var file = _folder.Write("a", Content("a", Lines));
        await Run(file);
        var old = Assert.Single(await Inputs());
        var pk = StateKeys.StreamPk("s");
        await _state.Delete([(pk, StateKeys.Input(old.Ordinal)), (pk, StateKeys.InputReach(old.Ordinal))], Never);
        var body = $$"""{"content_id":"{{old.ContentId}}","name":"a","ordinal":1,"lanes":["{{old.Lanes[0]}}"],"arrival_us":{{old.ArrivalUs}},"complete":false}""";
        await _state.Put([new StateItem(pk, StateKeys.Input(old.ContentId!), 1, "old", Encoding.UTF8.GetBytes(body))], Never);

        await AssertRefused(Content("b", Lines), Unfinished);
        Assert.Equal((0L, (long)Lines), await Counts(file));
        Assert.True(Assert.Single(await Inputs()).Complete);
        Assert.Equal(((long)Lines, 0L), await Counts(_folder.Write("b", Content("b", Lines))));
        Assert.Equal((0L, (long)Lines), await Counts(file));
    }

    /// <summary>The second process gets in between any two calls of the first one, with the same input, or one that begins alike and goes on otherwise.</summary>
    [Theory]
    [InlineData(true, 3_000, 400, 40)]
    [InlineData(false, 3_000, 400, 30)]
    [InlineData(false, 300, 400, 30)]
    [InlineData(false, 5_900, LongBytes, 50)]
    public async Task Processes_that_run_inputs_at_once_count_each_line_once(bool isSame, int common, int lineBytes, int last)
    {
        for (var at = 1; at < last; at += 1 + (at / 4))
        {
            var start = Content("a", common, lineBytes);
            byte[] first = [.. start, .. Content("b", Lines - common, lineBytes)];
            byte[] second = isSame ? first : [.. start, .. Content("c", Lines - common, lineBytes)];
            string[] ids = [.. Ids("a", common), .. Ids("b", Lines - common)];
            await AssertCountedOnce(first, second, at, isSame ? ids : [.. ids, .. Ids("a", common), .. Ids("c", Lines - common)]);
        }
    }

    /// <summary>Its end is not seen until there is nothing more to be read.</summary>
    [Fact]
    public async Task An_input_that_another_process_ended_at_the_end_of_a_block_does_not_go_on()
    {
        var lines = Content("a", 1_000);
        byte[] block = [.. lines, .. Encoding.UTF8.GetBytes($"{{\"id\":\"last\",\"k\":\"x\",\"t\":{SmallPipeline.StartUs}}}".PadRight(LineReader.BlockBytes - lines.Length - 1)), (byte)'\n'];
        byte[] more = [.. block, .. Content("b", 1_000)];
        string[] ids = [.. Ids("a", 1_000), "last"];
        for (var at = 1; at < 14; at++)
        {
            await AssertCountedOnce(more, block, at, [.. ids, .. ids, .. Ids("b", 1_000)]);
            await AssertCountedOnce(block, more, at, [.. ids, .. ids, .. Ids("b", 1_000)]);
        }
    }

    private static async Task AssertCountedOnce(byte[] firstContent, byte[] secondContent, int at, string[] ids)
    {
        using var test = new InputRunTests();
        var first = test._folder.Write("first", firstContent);
        var second = firstContent == secondContent ? first : test._folder.Write("second", secondContent);
        await test.RunBoth(first, second, at);

        // Who was refused comes again.
        foreach (var file in new[] { first, second, first, second })
        {
            try
            {
                await test.Run(file);
            }
            catch (InputRefusedException)
            {
                Assert.NotEqual(first, second);
            }
        }

        await test.AssertIds(ids);
        Assert.All(await test.Inputs(), input => Assert.True(input.Complete));
    }

    private async Task RunBoth(string first, string second, int at)
    {
        var store = new HookedStateStore(_state);
        var calls = 0;
        var others = new List<Exception>();
        store.Before = async _ =>
        {
            if (++calls == at)
            {
                try
                {
                    await Run(second);
                }
                catch (Exception error)
                {
                    others.Add(error);
                }
            }
        };
        try
        {
            await Run(first, store);
        }
        catch (InputRefusedException) when (first != second && others.Count == 0)
        {
            // The second one was faster.
        }

        Assert.All(others, error => Assert.IsType<InputRefusedException>(error));
        Assert.True(first != second || others.Count == 0);
    }

    private async Task<bool> Survives(string file, int calls)
    {
        var store = new HookedStateStore(_state) { Before = _ => --calls < 0 ? throw new KilledException() : default };
        try
        {
            await Run(file, store);
            return true;
        }
        catch (KilledException)
        {
            return false;
        }
    }

    private string Differs(string how = "") => string.Create(
        CultureInfo.InvariantCulture,
        $"other: a was interrupted, or another process is running it, and this is another input: it differs within the first {Reach().Bytes:N0} bytes (decompressed){how}; run a first as it was (it goes on where it stopped), then this one, or use another lake");

    private async Task AssertRefused(byte[] content, string message)
    {
        var other = _folder.Write("other", content);
        var refused = await Assert.ThrowsAsync<InputRefusedException>(() => Run(other));
        Assert.Equal(message, refused.Message);
    }

    private async Task<(long Records, long Replayed)> Counts(string file)
    {
        var report = await Run(file);
        return (report.Totals.Counts.Records, report.Totals.Replayed);
    }

    private async Task<RunReport> Run(string file, IStateStore? state = null, bool follow = false)
    {
        var lake = new OpenLake(_objects, state ?? _state, _attempts, folder: null);
        using var runner = new LakeRunner(_pipeline, lake, TimeProvider.System, new RunCounters());
        var options = new RunOptions(_shards, follow, KeepOpen: false, new MappingSettings { BatchSize = _batchLines });
        return await runner.Run(file, Stream.Null, options, Never);
    }

    private ContentId Reach()
    {
        var reach = new StreamCatalog(_state, "s", _attempts).ReadReach(new InputEntry(null, "", 1, [], 0, false), Never).AsTask().GetAwaiter().GetResult();
        return ContentId.Parse(reach!.Value.Reach.Content);
    }

    private ValueTask<IReadOnlyList<InputEntry>> Inputs() => new StreamCatalog(_state, "s", _attempts).Inputs(Never);

    /// <summary>Rows that are committed.</summary>
    private async Task<long> Silver()
    {
        long rows = 0;
        foreach (var shard in await new StreamCatalog(_state, "s", _attempts).Shards(Never))
        {
            rows += (await new CommittedBatches(_state, "s").Head(shard.Shard, Never))?.Totals.Silver ?? 0;
        }

        return rows;
    }

    private async Task AssertIds(IReadOnlyCollection<string> expected)
    {
        await using var result = await new LakeQuery(_objects).Run("SELECT id FROM silver.s ORDER BY id", Never);
        var ids = new List<string>();
        while (await result.Read(Never))
        {
            ids.Add((string)result.Value(0)!);
        }

        Assert.Equal(expected.Order(StringComparer.Ordinal), ids);
    }

    private static string[] Ids(string name, int count) => [.. Enumerable.Range(0, count).Select(i => $"{name}{i}")];

    private static byte[] Content(string name, int lines, int lineBytes = 400)
    {
        var random = new Random(name[0]);
        var text = new StringBuilder();
        foreach (var id in Ids(name, lines))
        {
            text.Append($$"""{"id":"{{id}}","k":"x","t":{{SmallPipeline.StartUs}},"more":"{{Convert.ToHexString(Bytes(random, lineBytes / 2))}}"}""").Append('\n');
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private sealed class KilledException : Exception;
}
