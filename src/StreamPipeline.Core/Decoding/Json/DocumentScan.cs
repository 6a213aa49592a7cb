namespace StreamPipeline.Core.Decoding.Json;

/// <summary>What a look at the document at the start of a text found. Offsets are from the document's start; -1: none.</summary>
/// <param name="IsWellFormed">Whether it is JSON from its first to its last byte.</param>
/// <param name="Length">Bytes of a well-formed document.</param>
/// <param name="IsObject">Whether its first token opens an object.</param>
/// <param name="TooDeepAt">The first object or array beyond the depth limit.</param>
/// <param name="DuplicateAt">The first member name given twice in its object.</param>
/// <param name="HalfPairAt">The first string with half a surrogate pair.</param>
/// <param name="BreakAt">Where a broken document breaks, as well as it is known.</param>
/// <param name="BreaksLater">Whether it breaks on a later line than its first.</param>
/// <param name="Reason">Why it breaks.</param>
internal readonly record struct DocumentScan(
    bool IsWellFormed,
    int Length,
    bool IsObject,
    int TooDeepAt,
    int DuplicateAt,
    int HalfPairAt,
    int BreakAt,
    bool BreaksLater,
    string Reason);
