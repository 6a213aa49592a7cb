namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>
/// What the compiled decoder needs of a vector width, so that its one implementation serves all of them. Reads go up to
/// <see cref="Width"/> bytes: <see cref="PlanRow.Slack"/> bytes behind the text can be read.
/// </summary>
internal interface IByteVector
{
    /// <summary>Bytes that are looked at together.</summary>
    static abstract int Width { get; }

    /// <summary>Where the first quote, backslash, control character or byte beyond ASCII is; <see cref="Width"/> when there is none.</summary>
    static abstract unsafe int IndexOfSpecial(byte* at);

    /// <summary>Where the first quote, backslash or control character is; <see cref="Width"/> when there is none.</summary>
    static abstract unsafe int IndexOfClosing(byte* at);

    /// <summary>Copies <see cref="Width"/> bytes.</summary>
    static abstract unsafe void Copy(byte* from, ref byte to);
}
