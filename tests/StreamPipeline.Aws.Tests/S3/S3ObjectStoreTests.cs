using System.Text;
using Amazon.S3;
using Amazon.S3.Model;
using StreamPipeline.Aws.S3;
using StreamPipeline.Core.Lake;
using StreamPipeline.Tests.Aws;

namespace StreamPipeline.Aws.Tests.S3;

public sealed class S3ObjectStoreTests(MotoFixture moto) : ObjectStoreContract, IAsyncLifetime
{
    private AmazonS3Client? _s3;
    private S3ObjectStore? _store;
    private string _bucket = "";

    protected override IObjectStore Store => _store!;

    private static CancellationToken Never => CancellationToken.None;

    public async ValueTask InitializeAsync()
    {
        _s3 = AwsClients.S3((await moto.Server).Clients);
        _bucket = await moto.NewBucket();
        _store = NewStore(_bucket, "lakes/one");
    }

    public ValueTask DisposeAsync()
    {
        _s3?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Lakes_of_one_bucket_do_not_see_each_other_and_the_whole_bucket_is_one_too()
    {
        await _store!.Put("a", new byte[1], Never);
        await NewStore(_bucket, "lakes/one-more").Put("b", new byte[2], Never);
        Assert.Equal(["a"], await Keys(_store));
        Assert.Equal(["lakes/one-more/b", "lakes/one/a"], await Keys(NewStore(_bucket, "")));
    }

    [Fact]
    public async Task A_large_object_is_put_in_parts_and_comes_back_whole()
    {
        var content = new byte[17 * 1_024 * 1_024 + 3];
        new Random(3).NextBytes(content);
        await _store!.Put("large", content, Never);
        Assert.Equal(content, await _store.Get("large", Never));
        Assert.EndsWith("-3\"", (await _s3!.GetObjectMetadataAsync(_bucket, "lakes/one/large", Never)).ETag, StringComparison.Ordinal);
        Assert.True(await _store.Move("large", "moved", Never));
        Assert.Equal(content, await _store.Get("moved", Never));
    }

    [Fact]
    public async Task More_objects_than_a_page_has_are_listed()
    {
        await Parallel.ForAsync(0, 1_005, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) => await _store!.Put($"many/{i:0000}", new byte[1], Never));
        Assert.Equal(Enumerable.Range(0, 1_005).Select(i => $"many/{i:0000}"), await Keys(_store!));
    }

    [Fact]
    public async Task An_object_moved_onto_itself_stays()
    {
        await _store!.Put("a", "kept"u8.ToArray(), Never);
        Assert.True(await _store.Move("a", "a", Never));
        Assert.Equal("kept", Encoding.UTF8.GetString((await _store.Get("a", Never))!));
        Assert.False(await _store.Move("b", "b", Never));
    }

    [Fact]
    public async Task A_folder_that_a_console_made_is_no_object()
    {
        await _s3!.PutObjectAsync(new PutObjectRequest { BucketName = _bucket, Key = "lakes/one/silver/", ContentBody = "" }, Never);
        Assert.Equal([], await Keys(_store!));
    }

    [Fact]
    public async Task Keys_that_are_no_plain_names_come_back()
    {
        string[] keys = ["a b+c%20d&e=f", "ä/ö ü", "day=2026-01-01/x~1#y"];
        foreach (var key in keys)
        {
            await _store!.Put(key, Encoding.UTF8.GetBytes(key), Never);
            Assert.True(await _store.Move(key, "m/" + key, Never));
            Assert.Equal(key, Encoding.UTF8.GetString((await _store.Get("m/" + key, Never))!));
        }

        Assert.Equal(keys.Select(key => "m/" + key).Order(StringComparer.Ordinal), await Keys(_store!));
    }

    [Fact]
    public async Task A_bucket_that_does_not_exist_is_named_with_what_to_do_and_is_no_missing_object()
    {
        var store = NewStore("no-such-bucket", "x");
        var error = await Assert.ThrowsAsync<IOException>(async () => await store.Get("a", Never));
        Assert.StartsWith("cannot read 'a' in s3://no-such-bucket/x: NoSuchBucket: ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("(check that the bucket exists in this region and that the role may use it)", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<IOException>(async () => await store.Move("a", "b", Never));
        await Assert.ThrowsAsync<IOException>(async () => await store.PutIfAbsent("a", new byte[1], Never));
        await Assert.ThrowsAsync<IOException>(async () => await Keys(store));
    }

    [Fact]
    public async Task A_key_that_is_too_long_with_the_prefix_is_refused()
    {
        var store = NewStore(_bucket, string.Join('/', Enumerable.Repeat(new string('p', 200), 4)));
        var key = string.Join('/', Enumerable.Repeat(new string('k', 100), 3));
        var error = await Assert.ThrowsAsync<ArgumentException>(async () => await store.Put(key, new byte[1], Never));
        Assert.Contains("1106 bytes with the prefix", error.Message, StringComparison.Ordinal);
    }

    private static async Task<List<string>> Keys(S3ObjectStore store) =>
        await store.List("", Never).Select(item => item.Key).ToListAsync(Never);

    private S3ObjectStore NewStore(string bucket, string prefix) => new(_s3!, new S3Location(bucket, prefix), moto.NewName("instance"), Patience.Short());
}
