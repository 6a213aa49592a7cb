using Amazon.DynamoDBv2.Model;

namespace StreamPipeline.Aws.DynamoDb;

/// <summary>Adds up what DynamoDB says a call consumed; for several threads.</summary>
internal sealed class WriteUnitCounter
{
    private readonly Lock _lock = new();
    private double _units;

    public double Total
    {
        get
        {
            lock (_lock)
            {
                return _units;
            }
        }
    }

    public void Add(IEnumerable<ConsumedCapacity>? consumed)
    {
        foreach (var table in consumed ?? [])
        {
            Add(table);
        }
    }

    public void Add(ConsumedCapacity? consumed)
    {
        if (consumed is not null)
        {
            lock (_lock)
            {
                _units += consumed.WriteCapacityUnits ?? consumed.CapacityUnits ?? 0;
            }
        }
    }
}
