namespace StreamPipeline.Simulation.Tests.Running;

/// <summary>Everything that may go wrong. Each seed switches on a random subset at random rates (swarm testing, Groce et al. 2012).</summary>
internal enum Fault
{
    // Of a call, per call.
    StateLostBefore,
    StateLostAfter,
    StateAppliedLate,
    SwapCancelled,
    ObjectLostBefore,
    ObjectLostAfter,
    ObjectAppliedLate,
    PutIfAbsentAnswersNo,

    // Of a process, per step.
    Crash,
    Zombie,

    // Of the event source, per step or per invocation.
    DuplicateInvocation,
    InvocationTimeout,
    ResponseLost,
    Bisect,
    Rewind,
    Split,
    Merge,

    // Of producers, per record.
    Resend,
    WrongShard,
    Aggregate,
    Malformed,
    BadRow,
    AncientEvent,
    EarlyEvent,
    FutureEvent,
    Burst,

    // Of time, per step.
    IdleHour,
    IdleDays,
    ExpiredItemsVanish,
    ClockSkew,

    // Of operations, per step: maintenance overlaps itself.
    OverlappingFold,
    OverlappingRoll,

    // Per roll: it may seal shards that are idle, or only seem so.
    Seal,

    // Per step: however little grace it is given.
    Vacuum,

    // Per step: some of what is in quarantine runs again.
    Redrive,

    // Per copy of a bad row: the producer has corrected it.
    Correction,
}

/// <summary>What happens to one call.</summary>
internal enum CallFault
{
    None,

    /// <summary>The request is lost; the caller gets no answer.</summary>
    LostBefore,

    /// <summary>It takes effect; the caller gets no answer.</summary>
    LostAfter,

    /// <summary>The caller gets no answer; it takes effect some time later.</summary>
    AppliedLate,

    /// <summary>It takes effect, and the answer says that it did not: a client's own retry met its first try.</summary>
    FalseAnswer,
}
