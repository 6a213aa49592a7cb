using Apache.Arrow;

namespace StreamPipeline.Core.Decoding;

/// <summary>
/// The valid events of a micro-batch as Arrow columns. Owner: the caller of the decoder, who disposes it.
/// </summary>
/// <param name="Columns">The contract's columns in contract order, then <c>_extra</c> (nullable utf8, JSON text).</param>
/// <param name="Origins">One per row.</param>
/// <param name="EventsPerRecord">For each record of the micro-batch, how many events it held, rejected ones included.</param>
public sealed record DecodedBatch(RecordBatch Columns, EventOrigin[] Origins, int[] EventsPerRecord) : IDisposable
{
    public int RowCount => Columns.Length;

    public void Dispose() => Columns.Dispose();
}
