using System.Text;
using CsCheck;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Tests.Lake;

/// <summary>Sequence numbers become texts by what differs from the one before.</summary>
public sealed class SequenceColumnTests
{
    private static readonly Gen<SequenceNumber> _start = Gen.OneOf(
        Gen.ULong[0, 120].Select(low => new SequenceNumber(0, 0, low)),
        Gen.ULong[ulong.MaxValue - 12, ulong.MaxValue].Select(low => new SequenceNumber(0, 0, low)),
        Gen.ULong[999_999_999_990, 1_000_000_000_010].Select(low => new SequenceNumber(0, 0, low)),
        Gen.Select(Gen.ULong[1, 5], Gen.ULong, Gen.ULong).Select((high, middle, low) => new SequenceNumber(high, middle, low)));

    [Fact]
    public void Texts_are_those_of_each_number_by_itself() =>
        Gen.Select(_start.Array[1, 4], Gen.Select(Gen.Int[0, 12], Gen.Int[0, 20], Gen.Int[0, 2]).Array[0, 60]).Sample((starts, steps) =>
        {
            var rows = new List<(SequenceNumber Sequence, int Event)>();
            var (at, start) = (starts[0], 0);
            foreach (var (more, jump, events) in steps)
            {
                at = jump == 0 ? starts[++start % starts.Length] : After(at, more);
                rows.Add((at, events == 0 ? rows.Count : -1));
            }

            var bytes = new byte[SequenceColumn.BytesOf(rows.Count)];
            var column = new SequenceColumn(bytes);
            var texts = new List<string>();
            foreach (var (sequence, index) in rows)
            {
                var from = column.Length;
                column.Add(sequence);
                if (index >= 0)
                {
                    column.AddEvent(index);
                }

                texts.Add(Encoding.ASCII.GetString(bytes, from, column.Length - from));
            }

            Assert.Equal(rows.Select(row => row.Sequence + (row.Event >= 0 ? $":{row.Event}" : "")), texts);
            Assert.Equal(string.Concat(texts), Encoding.ASCII.GetString(bytes, 0, column.Length));
        }, iter: 2_000);

    private static SequenceNumber After(SequenceNumber number, int more)
    {
        var low = number.Low + (ulong)more;
        return low >= number.Low ? number with { Low = low } : number with { Low = low, Middle = number.Middle + 1 };
    }
}
