namespace StreamPipeline.Core.Decoding;

/// <summary>Where an event came from.</summary>
/// <param name="Record">Index of its record in the micro-batch.</param>
/// <param name="Event">Index of the event within the record, from 0. Rejected events count too.</param>
/// <param name="Raw">Its bytes, valid while the micro-batch is being processed.</param>
public readonly record struct EventOrigin(int Record, int Event, ReadOnlyMemory<byte> Raw);

/// <summary>An event that goes to quarantine.</summary>
/// <param name="Origin">Which event.</param>
/// <param name="Reason">One of <see cref="QuarantineReason"/>.</param>
/// <param name="RuleOrPath">The rule it failed or the JSON pointer of the offending value; empty when neither applies.</param>
/// <param name="Detail">What was found, what was expected, and which setting changes it. At most a few hundred characters.</param>
public readonly record struct Rejection(EventOrigin Origin, string Reason, string RuleOrPath, string Detail);
