using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Embedded.Mapping;

/// <summary>
/// Prepares a lane's next batch while the one before it is being delivered. Over all lanes as many batches are ahead as there is room for (<see cref="MappingSettings.BatchesAhead"/>), so that memory
/// does not follow the number of shards.
/// </summary>
/// <param name="prepare">Of the lane's consumer.</param>
/// <param name="room">Shared by the lanes. Owner: the mapping.</param>
internal sealed class BatchesAhead(Action<MicroBatch> prepare, SemaphoreSlim room)
{
    /// <summary>False when there is no room: the batch is then processed when its turn comes. Otherwise <see cref="Leave"/> follows.</summary>
    public bool TryPrepare(MicroBatch batch)
    {
        if (!room.Wait(0, CancellationToken.None))
        {
            return false;
        }

        try
        {
            prepare(batch);
            return true;
        }
        catch
        {
            room.Release();
            throw;
        }
    }

    /// <summary>A batch that was prepared is delivered, or will not be.</summary>
    public void Leave() => room.Release();
}
