using System.Text;
using Apache.Arrow;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Verification;

/// <summary>Which event a row is of.</summary>
/// <param name="Shard">Number of its shard in this verification; -1: not a shard of the stream.</param>
/// <param name="Sequence">Of its record.</param>
/// <param name="Event">Index of the event in a record of several; -1 for a record of one.</param>
internal readonly record struct RowPlace(int Shard, SequenceNumber Sequence, int Event) : IComparable<RowPlace>
{
    public const int UnknownShard = -1;

    public int CompareTo(RowPlace other)
    {
        var order = Shard.CompareTo(other.Shard);
        order = order == 0 ? Sequence.CompareTo(other.Sequence) : order;
        return order == 0 ? Event.CompareTo(other.Event) : order;
    }

    /// <summary>Reads <c>_shard</c> and <c>_sequence</c> of all rows.</summary>
    /// <exception cref="InvalidDataException">A column is missing, or a sequence is not one.</exception>
    public static RowPlace[] Of(RecordBatch rows, IReadOnlyDictionary<string, int> shards)
    {
        var shardColumn = Text(rows, "_shard");
        var sequenceColumn = Text(rows, "_sequence");
        var places = new RowPlace[rows.Length];
        ReadOnlySpan<byte> last = default;
        var shard = UnknownShard;
        for (var row = 0; row < places.Length; row++)
        {
            // Neighbours mostly share their shard.
            var name = shardColumn.GetBytes(row);
            if (row == 0 || !name.SequenceEqual(last))
            {
                shard = shards.GetValueOrDefault(Encoding.UTF8.GetString(name), UnknownShard);
                last = name;
            }

            var text = sequenceColumn.GetBytes(row);
            var colon = text.IndexOf((byte)':');
            var @event = -1;
            if (!SequenceNumber.TryParse(colon < 0 ? text : text[..colon], out var sequence)
                || (colon >= 0 && !int.TryParse(text[(colon + 1)..], out @event)))
            {
                throw new InvalidDataException($"'{Encoding.UTF8.GetString(text)}' in row {row} is no _sequence");
            }

            places[row] = new RowPlace(shard, sequence, @event);
        }

        return places;
    }

    private static StringArray Text(RecordBatch rows, string column) =>
        rows.Schema.GetFieldIndex(column) is >= 0 and var index && rows.Column(index) is StringArray { NullCount: 0 } text
            ? text
            : throw new InvalidDataException($"it has no text column '{column}' without nulls");
}
