namespace StreamPipeline.Aws.Putting;

/// <summary>
/// Some records were not taken, however often they were sent. All others were. An <see cref="IOException"/>: trying again later may help; what was
/// taken and is sent again is there twice.
/// </summary>
/// <param name="message">How many, why, and what to do.</param>
/// <param name="notPut">Indices into the records handed in, in their order.</param>
/// <param name="inner">The last call's error, when a whole call failed.</param>
public sealed class RecordsNotPutException(string message, IReadOnlyList<int> notPut, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>Indices into the records handed in, in their order.</summary>
    public IReadOnlyList<int> NotPut { get; } = notPut;
}
