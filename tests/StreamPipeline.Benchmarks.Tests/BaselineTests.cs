using StreamPipeline.Benchmarks.Adversarial;
using StreamPipeline.Benchmarks.Baselines;
using StreamPipeline.Benchmarks.Input;
using StreamPipeline.Benchmarks.Stages;

namespace StreamPipeline.Benchmarks.Tests;

/// <summary>A comparison is worth something only if all sides do the same work.</summary>
public sealed class BaselineTests
{
    [Fact]
    public void The_baselines_find_the_same_events_valid_as_the_contract_and_the_rules_do()
    {
        using var iot = new StageInputs(EventShape.Iot);
        using var flights = new StageInputs(EventShape.Flights);
        var valid = iot.Quality();

        Assert.InRange(valid, iot.Records * 0.97, iot.Records * 0.995);
        Assert.Equal(valid, PocoDecoder.ReadAllIot(iot.Batch).Count);
        Assert.Equal(valid, new ReaderIntoColumns().Decode(iot.Batch));
        Assert.Equal(flights.Quality(), PocoDecoder.ReadAllFlights(flights.Batch).Count);
    }

    [Fact]
    public void The_columns_of_the_baseline_hold_what_the_objects_hold()
    {
        using var iot = new StageInputs(EventShape.Iot);
        var reader = new ReaderIntoColumns();
        reader.Decode(iot.Batch);

        Assert.Equal(PocoDecoder.ReadAllIot(iot.Batch).Select(read => read.Temperature), reader.Temperatures.ToArray());
    }

    [Fact]
    public void Generated_events_have_the_size_and_the_share_of_copies_that_the_targets_speak_of()
    {
        const int Events = 50_000;
        var lines = Inputs.Lines(EventShape.Iot, Events);
        var distinct = Inputs.Batch(lines).Records.Select(record => Convert.ToHexString(record.Data.Span)).Distinct().Count();

        Assert.InRange(lines.Length / (double)Events, 270, 290);
        Assert.InRange(distinct / (double)Events, 0.975, 0.985);
        Assert.Equal(lines, Inputs.Lines(EventShape.Iot, Events));
    }

    [Fact]
    public void A_renewed_payload_is_new_to_a_warm_consumer()
    {
        using var iot = new StageInputs(EventShape.Iot);

        var first = iot.MicroBatch();

        Assert.Equal(first, iot.MicroBatch());
        Assert.Equal(iot.Dedupe(), first);
    }

    /// <summary>Each stage counts its rows itself and throws when one is missing.</summary>
    [Fact]
    public void Both_sides_find_all_adversarial_events_valid()
    {
        using var adversarial = new AdversarialInputs();

        Assert.All(adversarial.Stages(), stage => Assert.Equal(stage.Records, stage.Run()));
    }
}
