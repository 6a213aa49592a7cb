using System.Buffers;
using System.Globalization;
using StreamPipeline.Benchmarks.Input;

namespace StreamPipeline.Benchmarks.Peers;

/// <summary>The generated input of the race, on disk.</summary>
internal static class PeerInputs
{
    public static void WriteLines(string file, long events)
    {
        using var output = new FileStream(file, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        var source = new EventBytes(EventShape.Iot, seed: 1);
        var buffer = new ArrayBufferWriter<byte>(1 << 21);
        for (long i = 0; i < events; i++)
        {
            source.WriteLine(buffer);
            if (buffer.WrittenCount > 1 << 20)
            {
                output.Write(buffer.WrittenSpan);
                buffer.ResetWrittenCount();
            }
        }

        output.Write(buffer.WrittenSpan);
    }

    /// <returns>The events in them: whole payloads, at least as many as asked for.</returns>
    public static long WritePayloads(string folder, long events)
    {
        var source = new EventBytes(EventShape.Iot, seed: 2);
        var sequence = 0L;
        for (var file = 0; sequence < events; file++)
        {
            var payload = Inputs.LambdaPayload(source, ref sequence);
            File.WriteAllBytes(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"payload-{file:D5}.json")), payload);
        }

        return sequence;
    }
}
