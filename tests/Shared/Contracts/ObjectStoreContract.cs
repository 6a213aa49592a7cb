using System.Text;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Tests;

/// <summary>What every <see cref="IObjectStore"/> does.</summary>
public abstract class ObjectStoreContract
{
    private static CancellationToken Never => CancellationToken.None;

    protected abstract IObjectStore Store { get; }

    [Fact]
    public async Task An_object_comes_back_as_it_was_put_and_a_second_put_replaces_it()
    {
        await Store.Put("a/b/c.bin", new byte[] { 1, 2, 3 }, Never);
        Assert.Equal("010203", Convert.ToHexString((await Store.Get("a/b/c.bin", Never))!));
        await Store.Put("a/b/c.bin", ReadOnlyMemory<byte>.Empty, Never);
        Assert.Empty((await Store.Get("a/b/c.bin", Never))!);
    }

    [Fact]
    public async Task A_staged_object_comes_back_as_it_was_staged_last()
    {
        await Store.Stage("_staged/a/1-attempt", new byte[] { 1, 2, 3 }, Never);
        Assert.Equal("010203", Convert.ToHexString((await Store.Get("_staged/a/1-attempt", Never))!));

        // The first call may have failed half way.
        await Store.Stage("_staged/a/1-attempt", new byte[] { 4 }, Never);
        Assert.Equal("04", Convert.ToHexString((await Store.Get("_staged/a/1-attempt", Never))!));
    }

    [Fact]
    public async Task A_missing_object_is_null()
    {
        Assert.Null(await Store.Get("no/such", Never));
    }

    [Fact]
    public async Task Put_if_absent_never_replaces()
    {
        Assert.True(await Store.PutIfAbsent("m/v1", "first"u8.ToArray(), Never));
        Assert.False(await Store.PutIfAbsent("m/v1", "second"u8.ToArray(), Never));
        Assert.Equal("first", Encoding.UTF8.GetString((await Store.Get("m/v1", Never))!));
    }

    [Fact]
    public async Task Of_sixteen_writers_at_once_exactly_one_puts_an_absent_object()
    {
        for (var round = 0; round < 20; round++)
        {
            var key = $"race/v{round}";
            using var start = new Barrier(16);
            var writers = Enumerable.Range(0, 16).Select(writer => Task.Factory.StartNew(
                async () =>
                {
                    start.SignalAndWait(Never);
                    return await Store.PutIfAbsent(key, Encoding.UTF8.GetBytes($"writer {writer}"), Never) ? writer : -1;
                },
                Never,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default).Unwrap());
            var winner = Assert.Single(await Task.WhenAll(writers), w => w >= 0);
            Assert.Equal($"writer {winner}", Encoding.UTF8.GetString((await Store.Get(key, Never))!));
        }
    }

    [Fact]
    public async Task List_gives_keys_of_the_prefix_in_ordinal_order_with_sizes()
    {
        string[] keys = ["t/a", "t/a-b/x", "t/aa/x", "t/B", "t/data/y=1/f", "tt/z", "u"];
        foreach (var key in keys)
        {
            await Store.Put(key, new byte[key.Length], Never);
        }

        Assert.Equal(keys.Where(k => k.StartsWith("t/", StringComparison.Ordinal)).Order(StringComparer.Ordinal), await Keys("t/"));
        Assert.Equal(["t/a", "t/a-b/x", "t/aa/x"], await Keys("t/a"));
        Assert.Equal(keys.Order(StringComparer.Ordinal), await Keys(""));
        Assert.Equal([], await Keys("none/"));
        await foreach (var item in Store.List("", Never))
        {
            Assert.Equal(item.Key.Length, item.Bytes);
        }
    }

    [Fact]
    public async Task Move_renames_replaces_and_tells_a_missing_source()
    {
        await Store.Put("s/1", "new"u8.ToArray(), Never);
        await Store.Put("d/x/1", "old"u8.ToArray(), Never);
        Assert.True(await Store.Move("s/1", "d/x/1", Never));
        Assert.Null(await Store.Get("s/1", Never));
        Assert.Equal("new", Encoding.UTF8.GetString((await Store.Get("d/x/1", Never))!));
        Assert.False(await Store.Move("s/1", "d/x/1", Never));
        Assert.False(await Store.Move("no/folder/1", "e/1", Never));
        Assert.Equal("new", Encoding.UTF8.GetString((await Store.Get("d/x/1", Never))!));
    }

    [Fact]
    public async Task Delete_removes_and_a_missing_object_is_no_error()
    {
        await Store.Put("d/1", new byte[1], Never);
        await Store.Delete("d/1", Never);
        await Store.Delete("d/1", Never);
        await Store.Delete("no/such/folder", Never);
        Assert.Null(await Store.Get("d/1", Never));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/absolute")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("../out")]
    [InlineData("a/../../out")]
    [InlineData("a/./b")]
    [InlineData("a\0b")]
    [InlineData("a\\..\\b")]
    [InlineData("a/.tmp-x")]
    public async Task A_key_that_could_leave_the_lake_or_clash_is_refused(string key)
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.Put(key, new byte[1], Never));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.PutIfAbsent(key, new byte[1], Never));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.Get(key, Never));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.Move("a", key, Never));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.Move(key, "a", Never));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.Delete(key, Never));
    }

    [Fact]
    public async Task A_key_of_more_than_1024_characters_is_refused_with_the_limit()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(async () => await Store.Put(new string('k', 1_025), new byte[1], Never));
        Assert.Contains("1025 characters and 1 to 1024 are allowed", error.Message, StringComparison.Ordinal);
    }

    private async Task<List<string>> Keys(string prefix)
    {
        var keys = new List<string>();
        await foreach (var item in Store.List(prefix, Never))
        {
            keys.Add(item.Key);
        }

        return keys;
    }
}
