using System.Text;
using System.Text.RegularExpressions;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Tests.Decoding;

/// <summary>The events under <c>events/lambda</c>, each one read and unwrapped.</summary>
public sealed partial class LambdaSamplesTests
{
    /// <summary>For each record of a sample, the numbers of its flights; for a fault, its reason; "?" for text without a flight.</summary>
    [Theory]
    [InlineData("ordinary", "3 1 6 0 5 8 10 4")]
    [InlineData("kpl-aggregate", "2|11|7|14|15 9 12")]
    [InlineData("gzip", "16 13+21+18+19 23+25")]
    [InlineData("zstd", "24 26+17+28+20 22|33")]
    [InlineData("multi-document", "31+27+34 30+29+32")]
    [InlineData("malformed", "35 bad_base64 36 ? ? 37 ? ? corrupt_compression 39 40")]
    [InlineData("duplicate", "41 44 41 44|44")]
    [InlineData("late", "46 1 2 3 4 5")]
    public void A_sample_holds_what_its_name_says(string sample, string flights)
    {
        using var result = LambdaEventReader.Read(File.ReadAllBytes(Path.Combine(Samples(), sample + ".json")));
        Assert.Null(result.Error);
        using var decoder = new EnvelopeDecoder(new DecodeLimits());
        var found = result.Batches
            .SelectMany(batch => batch.Records)
            .OrderBy(record => record.Sequence)
            .Select(record =>
            {
                var payloads = new List<Payload>();
                decoder.Unwrap(record, payloads);
                return string.Join('|', payloads.Select(Describe));
            });
        Assert.Equal(flights, string.Join(' ', found));
    }

    [Fact]
    public void Every_sample_is_an_input_of_a_test()
    {
        var tested = typeof(LambdaSamplesTests)
            .GetMethod(nameof(A_sample_holds_what_its_name_says))!
            .GetCustomAttributes(typeof(InlineDataAttribute), inherit: false)
            .Select(data => (string)((InlineDataAttribute)data).Data[0]! + ".json")
            .Order(StringComparer.Ordinal);
        Assert.Equal(tested, Directory.GetFiles(Samples()).Select(Path.GetFileName).Order(StringComparer.Ordinal)!);
    }

    private static string Describe(Payload payload)
    {
        if (payload.Fault is not null)
        {
            return payload.Fault.Reason;
        }

        var numbers = FlightNumber().Matches(Encoding.Latin1.GetString(payload.Bytes.Span)).Select(match => match.Groups[1].Value);
        return string.Join('+', numbers) is { Length: > 0 } text ? text : "?";
    }

    [GeneratedRegex("\"flight_id\": ?\"[A-Z0-9-]*?-0{0,6}([0-9]+)\"")]
    private static partial Regex FlightNumber();

    private static string Samples()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "StreamPipeline.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("the tests run outside of the repository");
        }

        return Path.Combine(folder.FullName, "events", "lambda");
    }
}
