using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using StreamPipeline.Embedded.Kinesis;

namespace StreamPipeline.Embedded.Tests.Kinesis;

public sealed class StreamStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ClockOnly _time = new();
    private readonly List<string> _reports = [];

    private string File => Path.Combine(_folder.Path, "kinesis.db");

    [Fact]
    public async Task What_has_expired_or_belonged_to_a_deleted_stream_leaves_the_file_and_numbers_go_on()
    {
        await using (var store = Open())
        {
            await store.Create("s", 1);
            await store.Create("other", 1);
            await store.Put("s", Entries(100));
            await store.Put("other", Entries(7));
            _time.Advance(TimeSpan.FromHours(25));
            await store.Put("s", Entries(10));

            // The last record of a shard stays, unseen, since the next one's number follows from it.
            Assert.Equal(6, await store.TrimPart());
            Assert.Equal(100, await store.TrimPart());
            Assert.Equal(0, await store.TrimPart());
            await store.Change("other", (_, _, _) => null);
            Assert.Equal(1, await store.TrimPart());
            _time.Advance(TimeSpan.FromHours(25));
            Assert.Equal(9, await store.TrimPart());
            Assert.Equal(0, await store.TrimPart());
        }

        await using var again = Open();
        Assert.Equal(["s"], again.Streams.Select(stream => stream.Name));
        Assert.Equal(111, (await again.Put("s", Entries(1)))[0].Index);
    }

    [Fact]
    public async Task A_trim_goes_in_parts_so_that_writers_do_not_wait_long()
    {
        await using var store = Open();
        await store.Create("s", 1);
        await store.Put("s", Entries(12_001));
        _time.Advance(TimeSpan.FromHours(25));
        foreach (var part in (int[])[5_000, 5_000, 2_000, 0])
        {
            Assert.Equal(part, await store.TrimPart());
        }
    }

    [Fact]
    public async Task A_shard_that_was_split_is_forgotten_with_its_last_record()
    {
        await using var store = Open();
        await store.Create("s", 1);
        await store.Put("s", Entries(3));
        await store.Change("s", (state, ordinal, now) => state!.Split(state.Shards[0], 5, ordinal, now));
        _time.Advance(TimeSpan.FromHours(25));
        Assert.Equal(3, await store.TrimPart());
        Assert.Equal([1, 2], store.Find("s")!.State.Shards.Select(shard => shard.Index));
    }

    [Fact]
    public async Task A_write_that_the_disk_refuses_is_an_error_and_nothing_of_it_is_seen()
    {
        await using var store = Open();
        await store.Create("s", 1);
        await store.Put("s", Entries(1));
        Execute("ALTER TABLE records RENAME TO gone");
        var fault = await Assert.ThrowsAsync<KinesisFault>(() => store.Put("s", Entries(1)));
        Assert.Equal(("InternalFailure", 500), (fault.Type, fault.Status));
        Assert.DoesNotContain(File, fault.Message, StringComparison.Ordinal);
        Assert.Contains(_reports, line => line.Contains(File, StringComparison.Ordinal));
        Execute("ALTER TABLE gone RENAME TO records");

        Assert.Equal(3, (await store.Put("s", Entries(1)))[0].Index);
        var traffic = store.Find("s")!.Traffic(store.Find("s")!.State.Shards[0]);
        Assert.Equal([1, 3], store.Read(traffic, 1, traffic.LastVisible, 10, 1_000).Select(record => record.Index));
    }

    [Fact]
    public async Task A_file_of_another_version_or_with_a_damaged_state_is_refused_with_what_to_do()
    {
        await using (var store = Open())
        {
            await store.Create("s", 1);
        }

        Execute("UPDATE streams SET state = '{}'");
        Assert.Contains("--data", Assert.Throws<IOException>(Open).Message, StringComparison.Ordinal);
        Execute("UPDATE facts SET value = 2 WHERE name = 'format'");
        Assert.Contains("another version", Assert.Throws<IOException>(Open).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private StreamStore Open() => new(File, isThrottled: false, _time, line =>
    {
        lock (_reports)
        {
            _reports.Add(line);
        }
    });

    private static PutEntry[] Entries(int count) => [.. Enumerable.Range(0, count).Select(i => new PutEntry("k", 0, [(byte)i]))];

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Timers never fire, so that the store trims when it is told to only.</summary>
    private sealed class ClockOnly() : FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero))
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
