namespace StreamPipeline.Aws.Putting;

/// <summary>What it took to put records.</summary>
/// <param name="Records">All that were handed in: they were taken.</param>
/// <param name="Bytes">Theirs, as the service counts them.</param>
/// <param name="Calls">Calls made, those that failed included.</param>
/// <param name="Retried">Records sent again, once per time.</param>
public readonly record struct PutOutcome(int Records, long Bytes, int Calls, int Retried)
{
    public static PutOutcome operator +(PutOutcome left, PutOutcome right) => Add(left, right);

    public static PutOutcome Add(PutOutcome left, PutOutcome right) =>
        new(left.Records + right.Records, left.Bytes + right.Bytes, left.Calls + right.Calls, left.Retried + right.Retried);
}

/// <summary>Why one record of a call was not taken.</summary>
/// <param name="Code">The service's, such as <c>ProvisionedThroughputExceededException</c>.</param>
/// <param name="Message">The service's.</param>
internal readonly record struct PutFailure(string Code, string Message);

/// <summary>Bounds of one call, and of one record of it.</summary>
/// <param name="RecordsMax">Records of a call.</param>
/// <param name="BytesMax">Bytes of a call.</param>
/// <param name="RecordBytesMax">Bytes of a record.</param>
internal readonly record struct PutLimits(int RecordsMax, long BytesMax, int RecordBytesMax);
