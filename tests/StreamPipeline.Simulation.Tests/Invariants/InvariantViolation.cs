namespace StreamPipeline.Simulation.Tests.Invariants;

/// <summary>Something happened that must never happen. Thrown through the pump, never into an actor.</summary>
internal sealed class InvariantViolation(string invariant, string detail) : Exception($"{invariant}: {detail}")
{
    /// <summary>What was violated, as a short sentence.</summary>
    public string Invariant => invariant;

    public string Detail => detail;
}
