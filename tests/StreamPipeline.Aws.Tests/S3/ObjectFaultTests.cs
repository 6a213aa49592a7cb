using System.Text;
using Amazon.S3;
using Amazon.S3.Model;
using StreamPipeline.Aws.S3;
using StreamPipeline.Tests.Aws;

namespace StreamPipeline.Aws.Tests.S3;

/// <summary>What each fault becomes.</summary>
public sealed class ObjectFaultTests(MotoFixture moto) : IAsyncLifetime
{
    private FaultProxy? _proxy;
    private AmazonS3Client? _s3;
    private S3ObjectStore? _store;
    private string _bucket = "";
    private Func<ProxiedCall, ProxyFault> _choose = _ => ProxyFault.None;

    private static CancellationToken Never => CancellationToken.None;

    public async ValueTask InitializeAsync()
    {
        _bucket = await moto.NewBucket();
        _proxy = await FaultProxy.Start((await moto.Server).Address, call => _choose(call));
        _s3 = AwsClients.S3(MotoServer.ClientsOf(_proxy.Address) with { RetriesMax = 0 });
        _store = new S3ObjectStore(_s3, new S3Location(_bucket, ""), moto.NewName("instance"), Patience.Short());
    }

    public async ValueTask DisposeAsync()
    {
        _s3?.Dispose();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_writer_whose_answer_was_lost_knows_its_own_object()
    {
        _choose = First("PUT", ProxyFault.LostAnswer);
        Assert.True(await _store!.PutIfAbsent("v1", "own"u8.ToArray(), Never));
        Assert.Equal(1, _proxy!.Counts[ProxyFault.LostAnswer]);
        _choose = First("PUT", ProxyFault.LostAnswer);
        Assert.False(await _store.PutIfAbsent("v1", "own"u8.ToArray(), Never));
        Assert.Equal("own", Encoding.UTF8.GetString((await _store.Get("v1", Never))!));
    }

    [Fact]
    public async Task A_put_that_never_gets_an_answer_is_an_IO_error_that_says_what_and_where()
    {
        _choose = call => call.Operation == "PUT" ? ProxyFault.Reset : ProxyFault.None;
        var error = await Assert.ThrowsAsync<IOException>(async () => await _store!.PutIfAbsent("v1", new byte[5], Never));
        Assert.StartsWith($"cannot write 'v1' (5 bytes) in s3://{_bucket}: ", error.Message, StringComparison.Ordinal);
        Assert.Null(await _store!.Get("v1", Never));
    }

    [Fact]
    public async Task Throttles_without_end_are_an_IO_error_after_as_many_attempts_as_are_allowed()
    {
        _choose = _ => ProxyFault.Throttled;
        var error = await Assert.ThrowsAsync<IOException>(async () => await _store!.Get("v1", Never));
        Assert.Contains("SlowDown: Please reduce your request rate.", error.Message, StringComparison.Ordinal);
        Assert.Equal(10, _proxy!.Counts[ProxyFault.Throttled]);
    }

    [Fact]
    public async Task A_large_put_that_fails_leaves_no_parts_behind()
    {
        _choose = call => call.Target.Contains("partNumber=2", StringComparison.Ordinal) ? ProxyFault.ServerError : ProxyFault.None;
        await Assert.ThrowsAsync<IOException>(async () => await _store!.Put("large", new byte[17 * 1_024 * 1_024], Never));
        var uploads = await _s3!.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = _bucket }, Never);
        Assert.Empty(uploads.MultipartUploads ?? []);
        Assert.Null(await _store!.Get("large", Never));
    }

    [Theory]
    [InlineData("partNumber=3")]
    [InlineData("uploadId=")]
    public async Task A_large_put_survives_lost_answers(string lost)
    {
        var first = First("", ProxyFault.LostAnswer, call => call.Target.Contains(lost, StringComparison.Ordinal)
            && (lost != "uploadId=" || call.Operation == "POST"));
        _choose = first;
        var content = new byte[17 * 1_024 * 1_024];
        new Random(5).NextBytes(content);
        await _store!.Put("large", content, Never);
        Assert.Equal(1, _proxy!.Counts[ProxyFault.LostAnswer]);
        Assert.Equal(content, await _store.Get("large", Never));
    }

    [Fact]
    public async Task A_move_that_dies_between_copy_and_delete_leaves_both_and_ends_with_one_when_made_again()
    {
        await _store!.Put("staged", "rows"u8.ToArray(), Never);
        _choose = call => call.Operation == "DELETE" ? ProxyFault.Reset : ProxyFault.None;
        await Assert.ThrowsAsync<IOException>(async () => await _store.Move("staged", "final", Never));
        Assert.NotNull(await _store.Get("staged", Never));
        Assert.NotNull(await _store.Get("final", Never));
        _choose = _ => ProxyFault.None;
        Assert.True(await _store.Move("staged", "final", Never));
        Assert.Null(await _store.Get("staged", Never));
        Assert.Equal("rows", Encoding.UTF8.GetString((await _store.Get("final", Never))!));
    }

    private static Func<ProxiedCall, ProxyFault> First(string operation, ProxyFault fault, Func<ProxiedCall, bool>? when = null)
    {
        var left = 1;
        return call => (when?.Invoke(call) ?? call.Operation == operation) && Interlocked.Decrement(ref left) >= 0 ? fault : ProxyFault.None;
    }
}
