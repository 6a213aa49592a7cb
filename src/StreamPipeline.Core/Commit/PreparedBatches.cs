using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Commit;

/// <summary>
/// The two desks of a lane: on one lies the batch that is being committed, on the other the next one is decoded and judged meanwhile. So at most two
/// batches of a lane are alive in decoded form.
/// <para>
/// The invariant: preparing neither reads nor changes what a commit does, and a commit takes what was prepared only if it is what it would make itself now:
/// of this very batch object, from the record on that is the first new one by the head as it is then. Otherwise it is thrown away and made again. So a lost
/// swap, a retry, a batch that is halved or never committed, and a crash find things as if nothing had been prepared.
/// </para>
/// Two threads: the one that prepares, and the one that commits; neither uses a desk that the other has taken.
/// </summary>
internal sealed class PreparedBatches(Pipeline pipeline, ulong seed, StageTimes? times) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Place[] _places = [new(pipeline.NewDesk(seed), times?.OfAnother()), new(pipeline.NewDesk(seed), times?.OfAnother())];

    /// <summary>Decodes and judges a batch ahead, if there is room. It must not be committed before this returns.</summary>
    /// <param name="batch">The next one.</param>
    /// <param name="firstRecord">Its first record that is expected to be new; there is one.</param>
    public void Prepare(MicroBatch batch, int firstRecord)
    {
        if (Take(place => place.Desk.Batch is null || !ReferenceEquals(place.Desk.Batch, batch)) is not { } place)
        {
            return;
        }

        try
        {
            place.Times?.Clear();
            place.Times?.Begin();
            place.Desk.Times = place.Times;
            place.Desk.Prepare(pipeline, batch, firstRecord);
        }
        finally
        {
            Return(place);
        }
    }

    /// <summary>The desk on which to commit the batch: the one where it lies, or another. The caller returns it.</summary>
    public Place TakeFor(MicroBatch batch)
    {
        var place = Take(place => ReferenceEquals(place.Desk.Batch, batch)) ?? Take(_ => true)
            ?? throw new InvalidOperationException("one batch of a lane is committed and one prepared at a time, and there are desks for two: a bug");
        if (ReferenceEquals(place.Desk.Batch, batch) && place.Times is { } ahead)
        {
            times?.Add(ahead);
        }

        place.Desk.Times = times;
        return place;
    }

    public void Return(Place place)
    {
        lock (_gate)
        {
            place.IsTaken = false;
        }
    }

    public void Dispose()
    {
        foreach (var place in _places)
        {
            place.Desk.Dispose();
        }
    }

    /// <summary>One without a batch first.</summary>
    private Place? Take(Func<Place, bool> isWanted)
    {
        lock (_gate)
        {
            var free = _places.Where(place => !place.IsTaken && isWanted(place)).OrderBy(place => place.Desk.Batch is not null).FirstOrDefault();
            if (free is not null)
            {
                free.IsTaken = true;
            }

            return free;
        }
    }

    /// <param name="desk">The desk.</param>
    /// <param name="times">Of what is prepared on it: counted once it is used.</param>
    public sealed class Place(BatchDesk desk, StageTimes? times)
    {
        public BatchDesk Desk => desk;

        public StageTimes? Times => times;

        /// <summary>Under the gate.</summary>
        public bool IsTaken { get; set; }
    }
}
