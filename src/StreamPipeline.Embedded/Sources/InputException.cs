namespace StreamPipeline.Embedded.Sources;

/// <summary>An input that cannot be read at all. The message is for the user: what, where, and what to do.</summary>
public sealed class InputException(string message, Exception? inner = null) : Exception(message, inner);
