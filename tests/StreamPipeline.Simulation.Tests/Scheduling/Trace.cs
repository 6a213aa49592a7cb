using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace StreamPipeline.Simulation.Tests.Scheduling;

/// <summary>The history of a run: always as a hash, as text only when asked for.</summary>
internal sealed class Trace(bool recording)
{
    private readonly XxHash3 _hash = new();
    private readonly List<string> _lines = [];

    public long Step { get; set; }

    public bool Recording => recording;

    public IReadOnlyList<string> Lines => _lines;

    public ulong Hash => _hash.GetCurrentHashAsUInt64();

    public void Note(string actor, string what, string outcome)
    {
        Span<long> step = [Step];
        _hash.Append(MemoryMarshal.AsBytes(step));
        _hash.Append(MemoryMarshal.AsBytes(actor.AsSpan()));
        _hash.Append(MemoryMarshal.AsBytes(what.AsSpan()));
        _hash.Append(MemoryMarshal.AsBytes(outcome.AsSpan()));
        if (recording)
        {
            _lines.Add($"{Step,6}  {actor,-12} {what}{(outcome.Length == 0 ? "" : "  → " + outcome)}");
        }
    }

    public void Content(ReadOnlySpan<byte> bytes) => _hash.Append(bytes);
}
