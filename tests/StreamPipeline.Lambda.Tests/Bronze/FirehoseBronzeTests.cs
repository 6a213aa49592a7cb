using System.IO.Compression;
using System.Text;
using Amazon.KinesisFirehose;
using Amazon.KinesisFirehose.Model;
using StreamPipeline.Aws.Firehose;
using StreamPipeline.Aws.Retrying;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Redrive;
using StreamPipeline.Lambda.Functions;

namespace StreamPipeline.Lambda.Tests.Bronze;

public sealed class FirehoseBronzeTests : IDisposable
{
    private readonly FunctionFixture _fixture = new();
    private readonly BufferingFirehose _firehose = new();

    public FirehoseBronzeTests() => _fixture.Bronze = new FirehoseBronze(
        new FirehosePutter(_firehose, "raw", new Backoff(new RetrySettings { DelayBase = TimeSpan.Zero, DelayMax = TimeSpan.Zero }, TimeProvider.System, new Random(1))),
        "raw",
        new ObjectBronze(_fixture.MemoryObjects));

    public void Dispose() => _firehose.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_Firehose_delivers_verifies_and_what_it_has_not_delivered_is_told_as_that(bool gzip)
    {
        await Consume();
        var before = await _fixture.Verify();
        Assert.Contains(before.Checks.SelectMany(check => check.Examples), text => text.Contains("not delivered yet are 20 of its records, firehose:raw#20", StringComparison.Ordinal));
        Assert.Contains("60 records of committed batches are not delivered to bronze yet", before.Notes);

        await _firehose.Deliver(_fixture.MemoryObjects, gzip);
        var after = await _fixture.Verify();
        Assert.DoesNotContain(after.Checks, check => !check.IsOk);
        Assert.Equal(60, after.Checks.Single(check => check.Name == "bronze events").Found);
        Assert.Empty(after.Notes);
    }

    [Fact]
    public async Task Records_of_an_attempt_that_was_not_committed_are_in_bronze_twice_and_count_once()
    {
        var fails = true;
        _fixture.State = new InterruptedStateStore(
            _fixture.Memory, new Interruption((_, call) => fails && call == "Put", () => throw new IOException("the store is gone")));
        using var consume = new ConsumeFunction(_fixture.Deployment());
        var payload = LambdaEvents.Of(LambdaEvents.Batch("s0", 1, 20));
        Assert.NotEqual("""{"batchItemFailures":[]}""", await FunctionFixture.Answer(consume, payload));
        fails = false;
        Assert.Equal("""{"batchItemFailures":[]}""", await FunctionFixture.Answer(consume, payload));
        await new RollFunction(_fixture.Deployment()).Handle(default, new System.Buffers.ArrayBufferWriter<byte>(), TestContext.Current.CancellationToken);
        Assert.Equal(40, _firehose.Lines.Count());
        await _firehose.Deliver(_fixture.MemoryObjects, gzip: false);
        Assert.DoesNotContain((await _fixture.Verify()).Checks, check => !check.IsOk);
    }

    [Fact]
    public async Task A_commit_waits_for_the_delivery()
    {
        _firehose.Refuses = true;
        using var consume = new ConsumeFunction(_fixture.Deployment());
        Assert.Equal("""{"batchItemFailures":[{"itemIdentifier":"1"}]}""", await FunctionFixture.Answer(consume, LambdaEvents.Of(LambdaEvents.Batch("s0", 1, 20))));
        Assert.Equal(default, await _fixture.Totals());
    }

    [Fact]
    public async Task Records_that_Firehose_refuses_one_by_one_are_put_again()
    {
        _firehose.RefusedOnce = 2;
        await Consume();
        await _firehose.Deliver(_fixture.MemoryObjects, gzip: false);
        Assert.DoesNotContain((await _fixture.Verify()).Checks, check => !check.IsOk);
    }

    [Fact]
    public async Task A_redrive_finds_the_original_bytes_in_what_was_delivered()
    {
        await Consume();
        using var bronze = new BronzeEvents(_fixture.Pipeline, _fixture.Memory, _fixture.MemoryObjects);
        Assert.Null(await bronze.Find("s0", "7", TestContext.Current.CancellationToken));
        await _firehose.Deliver(_fixture.MemoryObjects, gzip: true);
        using var later = new BronzeEvents(_fixture.Pipeline, _fixture.Memory, _fixture.MemoryObjects);
        var expected = LambdaEvents.Batch("s0", 7, 1).Records[0].Data;
        Assert.Equal(expected.ToArray(), (await later.Find("s0", "7", TestContext.Current.CancellationToken))!.Value.ToArray());
    }

    [Fact]
    public void Lines_are_packed_in_order_up_to_a_Firehose_records_size_and_larger_ones_are_set_apart()
    {
        // The third record's bytes are no text: as base64 its line has a third more, above 1,000 KiB.
        var sizes = new[] { 400_000, 500_000, 900_000, 200_000, 1_000_000, 10 };
        var batch = new MicroBatch("s0", [.. sizes.Select((size, i) => new StreamRecord(
            SequenceNumber.From((UInt128)(ulong)(i + 1)), Enumerable.Repeat(i == 2 ? (byte)0xff : (byte)'x', size).ToArray(), SmallPipeline.StartUs))]);
        var (packed, large) = FirehoseBronze.Pack(batch, 0);
        Assert.Equal(["3"], large.Select(record => record.Sequence.ToString()));
        Assert.All(packed, record => Assert.InRange(record.Data!.Length, 1, FirehosePutter.RecordBytesMax));
        var lines = packed.Select(record => Encoding.UTF8.GetString(record.Data!.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => BronzeLine.Read(Encoding.UTF8.GetBytes(line), "test").Record.Sequence.ToString()).ToArray()).ToArray();
        Assert.Equal([["1", "2"], ["4"], ["5", "6"]], lines);
    }

    [Fact]
    public async Task A_record_too_large_for_Firehose_is_in_bronze_all_the_same()
    {
        var good = LambdaEvents.Batch("s0", 1, 3).Records;
        var large = new StreamRecord(SequenceNumber.From(4), Enumerable.Repeat((byte)0xff, 900_000).ToArray(), good[0].ArrivalTimeUs);
        using var consume = new ConsumeFunction(_fixture.Deployment());
        Assert.Equal("""{"batchItemFailures":[]}""", await FunctionFixture.Answer(consume, LambdaEvents.Of(new MicroBatch("s0", [.. good, large]))));
        await new RollFunction(_fixture.Deployment()).Handle(default, new System.Buffers.ArrayBufferWriter<byte>(), TestContext.Current.CancellationToken);
        await _firehose.Deliver(_fixture.MemoryObjects, gzip: false);
        Assert.Equal(3, _firehose.Lines.Count());
        Assert.DoesNotContain((await _fixture.Verify()).Checks, check => !check.IsOk);
        Assert.Equal(new Counts(4, 3, 0, 1, 0), await _fixture.Totals());
    }

    private async Task Consume()
    {
        using var consume = new ConsumeFunction(_fixture.Deployment());
        foreach (var batch in new[] { LambdaEvents.Batch("s0", 1, 20), LambdaEvents.Batch("s1", 1, 20), LambdaEvents.Batch("s0", 21, 20) })
        {
            Assert.Equal("""{"batchItemFailures":[]}""", await FunctionFixture.Answer(consume, LambdaEvents.Of(batch)));
        }

        await new RollFunction(_fixture.Deployment()).Handle(default, new System.Buffers.ArrayBufferWriter<byte>(), TestContext.Current.CancellationToken);
    }

    /// <summary>Takes records and delivers them when told to, joined to objects as Firehose does.</summary>
    private sealed class BufferingFirehose : AmazonKinesisFirehoseClient
    {
        private readonly List<byte[]> _records = [];

        public BufferingFirehose()
            : base(new Amazon.Runtime.BasicAWSCredentials("testing", "testing"), new AmazonKinesisFirehoseConfig { ServiceURL = "http://127.0.0.1:1", AuthenticationRegion = "us-east-1" })
        {
        }

        /// <summary>Every call fails.</summary>
        public bool Refuses { get; set; }

        /// <summary>So many records are refused, each once.</summary>
        public int RefusedOnce { get; set; }

        public IEnumerable<string> Lines => _records.SelectMany(record => Encoding.UTF8.GetString(record).Split('\n', StringSplitOptions.RemoveEmptyEntries));

        public override Task<PutRecordBatchResponse> PutRecordBatchAsync(PutRecordBatchRequest request, CancellationToken cancellationToken = default)
        {
            if (Refuses)
            {
                throw new IOException("delivery stream 'raw' does not exist");
            }

            var entries = new List<PutRecordBatchResponseEntry>();
            foreach (var record in request.Records!)
            {
                var refused = RefusedOnce-- > 0;
                entries.Add(refused ? new PutRecordBatchResponseEntry { ErrorCode = "ServiceUnavailableException", ErrorMessage = "slow down" } : new PutRecordBatchResponseEntry { RecordId = "r" });
                if (!refused)
                {
                    _records.Add(record.Data!.ToArray());
                }
            }

            return Task.FromResult(new PutRecordBatchResponse { FailedPutCount = entries.Count(entry => entry.ErrorCode is not null), RequestResponses = entries });
        }

        public async Task Deliver(MemoryObjectStore objects, bool gzip)
        {
            // Two objects, cut wherever the buffer was full.
            foreach (var part in new[] { _records.Take(2), _records.Skip(2) })
            {
                byte[] content = [.. part.SelectMany(record => record)];
                if (gzip)
                {
                    using var compressed = new MemoryStream();
                    using (var stream = new GZipStream(compressed, CompressionLevel.Fastest))
                    {
                        stream.Write(content);
                    }

                    content = compressed.ToArray();
                }

                await objects.Put($"bronze/s/year=2023/month=11/day=14/hour=22/raw-1-2023-11-14-22-{content.Length}{(gzip ? ".gz" : "")}", content, TestContext.Current.CancellationToken);
            }
        }
    }
}
