using Apache.Arrow;
using Apache.Arrow.Types;
using CsCheck;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Tests.Decoding;

public sealed class EventBatchTests
{
    private static readonly Schema Contract = new([new Field("n", Int64Type.Default, false)], null);
    private static readonly Schema Decoded = new([.. Contract.FieldsList, new Field("_extra", StringType.Default, true)], null);

    /// <summary>Stage after stage leaves rows out, by their numbers at that time, as those left out or as those kept.</summary>
    [Fact]
    public void What_is_left_is_what_no_stage_left_out() =>
        Gen.Int[0, 200].Select(Gen.Select(Gen.Int[0, 100], Gen.Int, Gen.Bool).Array[0, 5]).Sample((rows, stages) =>
        {
            using var buffers = new ColumnBuffers();
            using var decoded = Batch(rows);
            var records = new MicroBatch("s", [.. Enumerable.Range(0, rows).Select(i => new StreamRecord(SequenceNumber.From((UInt128)i), default, 1000 + i))]);
            var events = new EventBatch(records, decoded, Contract, buffers);
            for (var row = 0; row < rows; row++)
            {
                events.EventTimesUs[row] = 2000 + row;
            }

            var left = Enumerable.Range(0, rows).ToList();
            foreach (var (percent, seed, keep) in stages)
            {
                var random = new Random(seed);
                var chosen = Enumerable.Range(0, left.Count).Where(_ => random.Next(100) < percent).ToArray();
                if (keep)
                {
                    events.Keep(chosen);
                    left = [.. chosen.Select(row => left[row])];
                }
                else
                {
                    events.Drop(chosen);
                    left = [.. Enumerable.Range(0, left.Count).Except(chosen).Select(row => left[row])];
                }

                Assert.Equal(left.Count, events.Count);
                Assert.Equal(left, events.DecodedRows.ToArray().SelectMany(run => Enumerable.Range(run.Start, run.Count)));
                Assert.Equal(left.Select(row => 1000L + row), events.ArrivalsUs.ToArray());
                Assert.Equal(left.Select(row => 2000L + row), events.EventTimesUs.ToArray());
                Assert.Equal(left.Select(row => (long?)row), ((Int64Array)events.Columns.Column(0)).ToList());
                Assert.Equal(left.Select(row => row % 3 == 0 ? null : $"{row}"), Enumerable.Range(0, left.Count).Select(row => ((StringArray)events.Extra).GetString(row)));
                var asked = Enumerable.Range(0, left.Count).Concat(Enumerable.Range(0, left.Count).OrderBy(_ => random.Next())).ToList();
                Assert.Equal(asked.Select(row => left[row]), asked.Select(row => events.OriginOf(row).Record));
            }
        });

    [Fact]
    public void Digits_of_one_number_after_the_other_are_those_of_each() =>
        Gen.Select(
            Gen.Select(Gen.ULong, Gen.ULong, Gen.ULong).Select(parts => new SequenceNumber(parts.Item1 >> 8, parts.Item2, parts.Item3)),
            Gen.Select(Gen.Int[0, 5], Gen.ULong).Array[1, 20]).Sample((first, steps) =>
        {
            var texts = new SequenceTexts();
            var number = first;
            foreach (var (kind, more) in steps)
            {
                Assert.Equal(number.ToString(), System.Text.Encoding.ASCII.GetString(texts.Of(number)));
                number = kind switch
                {
                    0 => number with { Low = more },
                    1 => number with { Middle = number.Middle + 1 },
                    2 => SequenceNumber.From(more % 1000),
                    _ => number with { Low = number.Low + (more >> (kind * 12)) },
                };
            }
        });

    private static DecodedBatch Batch(int rows)
    {
        var numbers = new Int64Array.Builder();
        var extra = new StringArray.Builder();
        var origins = new OriginList();
        for (var row = 0; row < rows; row++)
        {
            numbers.Append(row);
            _ = row % 3 == 0 ? extra.AppendNull() : extra.Append($"{row}");
            origins.Add(row, 0, default);
        }

        return new DecodedBatch(
            new RecordBatch(Decoded, [numbers.Build(), extra.Build()], rows), new ColumnBuffers(), origins.Take(), [.. Enumerable.Repeat(1, rows)], payloads: null);
    }
}
