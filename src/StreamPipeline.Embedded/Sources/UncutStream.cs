using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Embedded.Sources;

/// <summary>
/// The bytes of a file, which may grow while it is read, but not shrink: an end before the length that it had when it was opened is a failure to read it and not the end of its content.
/// </summary>
/// <param name="file">Owned by this.</param>
/// <param name="bytesMin">Its length when it was opened.</param>
internal sealed class UncutStream(FileStream file, long bytesMin) : ReadOnlyStream
{
    /// <exception cref="IOException">It cannot be read, or is shorter than it was.</exception>
    public override int Read(Span<byte> buffer)
    {
        var read = file.Read(buffer);
        return read > 0 || buffer.IsEmpty || file.Position >= bytesMin
            ? read
            : throw new IOException($"it ends after {file.Position:N0} bytes, and had {bytesMin:N0} when it was opened: it was cut while it was read");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
        }

        base.Dispose(disposing);
    }
}
