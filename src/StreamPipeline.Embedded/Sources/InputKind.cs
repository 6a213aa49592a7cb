namespace StreamPipeline.Embedded.Sources;

/// <summary>What a file holds.</summary>
public enum InputKind
{
    /// <summary>One record per line.</summary>
    Lines,

    /// <summary>One JSON document: the event that Lambda hands to a Kinesis consumer.</summary>
    LambdaEvent,
}
