using System.Runtime.CompilerServices;
using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Redrive;
using StreamPipeline.Embedded.Sources;

namespace StreamPipeline.Embedded.Redriving;

/// <summary>
/// The records of files: those of Lambda events, bare or in the record that Lambda leaves in an S3 on-failure destination, are known by
/// their shard and sequence number; lines by their content.
/// </summary>
internal sealed class FileSelection(Pipeline pipeline, StreamHead stream, RedriveTally tally, TimeProvider time)
{
    /// <exception cref="InputException">A file cannot be read.</exception>
    /// <exception cref="InputRefusedException">Lines for a stream without lanes.</exception>
    public async IAsyncEnumerable<RedriveEvent> Read(string path, BronzeEvents bronze, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var file in InputFolder.FindFailed(path))
        {
            using var lambdaEvent = file.Kind == InputKind.LambdaEvent ? file.ReadLambdaEvent() : OnFailureRecord.TryRead(file);
            if (lambdaEvent is null)
            {
                foreach (var line in Lines(file, cancellation))
                {
                    yield return line;
                }

                continue;
            }

            // What an event repeats is redriven once.
            foreach (var repeats in lambdaEvent.Repeats)
            {
                tally.Selected += repeats.Records.Count;
                tally.Replayed += repeats.Records.Count;
            }

            foreach (var batch in lambdaEvent.Batches)
            {
                foreach (var record in batch.Records)
                {
                    tally.Selected++;
                    if (await bronze.IsCommitted(batch.Shard, record.Sequence, cancellation))
                    {
                        // The consumer had committed it when its answer got lost.
                        tally.Replayed++;
                        continue;
                    }

                    // The event's buffer goes before the batch is full.
                    yield return new RedriveEvent(batch.Shard, record.Sequence.ToString(), record.Data.ToArray(), record.ArrivalTimeUs, record.Fault);
                }
            }
        }
    }

    private IEnumerable<RedriveEvent> Lines(InputFile file, CancellationToken cancellation)
    {
        if (stream.Lanes.Count == 0)
        {
            throw new InputRefusedException(
                $"{file.Name} holds lines, which name no shard, and stream {pipeline.Settings.Stream} has never read lines into this lake: run --input {file.Path} instead");
        }

        var keys = new PartitionKeyReader(pipeline.Settings.PartitionKey, stream.Lanes.Count);
        var arrivalUs = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        using var reader = file.OpenLines(pipeline.Settings.Limits);
        while (reader.ReadBlock() is { } block)
        {
            cancellation.ThrowIfCancellationRequested();
            for (var i = 0; i < block.Count; i++)
            {
                tally.Selected++;
                var line = block.Line(i).ToArray();
                yield return new RedriveEvent(stream.Lanes[keys.ShardOf(line)], RedriveEvent.SourceOf(line), line, arrivalUs, block.Fault(i));
            }

            block.Release();
        }

        if (reader.Damage is { } damage)
        {
            tally.AddProblem(damage);
        }
    }
}
