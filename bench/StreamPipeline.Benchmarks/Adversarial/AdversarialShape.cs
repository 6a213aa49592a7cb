namespace StreamPipeline.Benchmarks.Adversarial;

/// <summary>Valid events that a decoder which expects the last event's layout does not expect.</summary>
internal enum AdversarialShape
{
    /// <summary>Every event has its members in another order, the nested ones too.</summary>
    Reordered,

    /// <summary>Optional members come and go.</summary>
    Flickering,

    /// <summary>Escapes in every string and in half the names.</summary>
    Escaped,

    /// <summary>200 members that the contract does not name, the same in each event.</summary>
    Unknown,

    /// <summary>200 members that the contract does not name, other ones in each event.</summary>
    Strange,

    /// <summary>200 members that the contract does not name, the same in each event, and all members in another order.</summary>
    Shuffled,

    /// <summary>A member that the contract does not name: an object of 200 members, other ones in each event, with objects and lists among them.</summary>
    Nested,

    /// <summary>A plain text of 4,000 bytes.</summary>
    Long,

    /// <summary>A text of 2,000 characters that are not ASCII.</summary>
    Foreign,

    /// <summary>White space around every token.</summary>
    Spaced,
}
