using System.Buffers;
using System.IO.Hashing;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Decoding;
using Inflating = StreamPipeline.Core.Decoding.Compression;

namespace StreamPipeline.Embedded.Sources;

/// <summary>A file to read records from. Its compression and its kind are told by its content, never by its name.</summary>
public sealed class InputFile
{
    /// <summary>Largest Lambda event read, bytes: ten times what Lambda can deliver.</summary>
    public const int LambdaEventBytesMax = 64 << 20;

    /// <summary>Memory for an event is a multiple of this.</summary>
    private const int EventRoomBytes = 1 << 20;

    /// <summary>Bytes that tell an event by its beginning, when Lambda wrote it.</summary>
    private const int KindBytes = 4 << 10;

    /// <summary>Bytes that tell any other event: its Records come late.</summary>
    private const int KindBytesMax = 64 << 10;

    /// <summary>Shard and sequence number of a Lambda event's first record, when they stand in the beginning.</summary>
    private readonly (string Shard, SequenceNumber Sequence)? _first;

    private InputFile(
        string path, string name, long bytes, CompressionKind compression, InputKind kind, ContentId? beginning, (string Shard, SequenceNumber Sequence)? first)
    {
        Path = path;
        Name = name;
        Bytes = bytes;
        Compression = compression;
        Kind = kind;
        Beginning = beginning;
        _first = first;
    }

    public string Path { get; }

    /// <summary>How the user knows it: the file's name, or its path below the folder that was given.</summary>
    public string Name { get; }

    /// <summary>Size on disk, compressed if it is.</summary>
    public long Bytes { get; }

    public CompressionKind Compression { get; }

    public InputKind Kind { get; }

    /// <summary>What its first 64 KiB of decompressed bytes are known by; null when it has fewer, or is no file of lines.</summary>
    public ContentId? Beginning { get; }

    /// <exception cref="InputException">It is missing, a folder, a pipe, or not readable.</exception>
    public static InputFile Open(string path, string name)
    {
        if (Directory.Exists(path))
        {
            throw new InputException($"{path} is a folder, a file is expected here");
        }

        try
        {
            using var file = OpenRead(path);
            var start = new PrefixedStream(file);

            // Some devices say that they can seek, but none has a length.
            if (!file.CanSeek || (file.Length == 0 && start.Peek().Length > 0))
            {
                throw new InputException($"{path} is a pipe or a device, which cannot be read twice; hand it over on standard input: --input - < {path}");
            }

            var compression = Inflating.Detect(start.Peek());
            using var content = Inflating.Open(start, compression);
            var kind = DetectKind(content, out var beginning, out var first);
            return new InputFile(path, name, file.Length, compression, kind, beginning, first);
        }
        catch (IOException exception)
        {
            throw new InputException($"{path} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Reads the file once and tells what its content is known by.</summary>
    /// <param name="cancellation">Looked at once per block.</param>
    /// <exception cref="InputException">The file cannot be opened or read.</exception>
    public ContentId ReadContentId(CancellationToken cancellation)
    {
        using var content = OpenContent();
        content.SkipTo(long.MaxValue, cancellation);
        return content.Id;
    }

    /// <summary>Whether the content begins with what is known by an id, and ends there if that was all.</summary>
    /// <param name="beginning">Its bytes are read.</param>
    /// <param name="isWhole">That was all.</param>
    /// <param name="cancellation">Looked at once per block.</param>
    /// <exception cref="InputException">The file cannot be opened or read.</exception>
    public bool BeginsWith(ContentId beginning, bool isWhole, CancellationToken cancellation)
    {
        using var content = OpenContent();
        content.SkipTo(beginning.Bytes, cancellation);
        if (isWhole && content.Id == beginning)
        {
            // As much as ever at once: of damaged data, less of it could give more.
            content.SkipTo(long.MaxValue, cancellation);
        }

        return content.Id == beginning;
    }

    /// <summary>The content, to be read once. Owner: the caller, unless lines are read from it.</summary>
    /// <exception cref="InputException">The file cannot be opened.</exception>
    internal ContentStream OpenContent() => new(OpenRead(Path), Compression, Bytes);

    /// <summary>The records of a file of kind <see cref="InputKind.Lines"/>.</summary>
    /// <exception cref="InputException">The file cannot be opened.</exception>
    /// <param name="limits">RecordBytes bounds a line.</param>
    public LineReader OpenLines(DecodeLimits limits) => new(Inflating.Open(new UncutStream(OpenRead(Path), Bytes), Compression), Name, limits);

    /// <summary>The same from its content, which can then be told.</summary>
    /// <param name="content">From this file; owned by the reader.</param>
    /// <param name="limits">RecordBytes bounds a line.</param>
    /// <param name="buffers">Memory that serves file after file.</param>
    internal LineReader OpenLines(ContentStream content, DecodeLimits limits, LineBuffers buffers) => new(content, Name, limits, buffers: buffers);

    /// <summary>The records of standard input, which may be compressed. It has no identity: it can be read only once.</summary>
    /// <param name="input">Owned by the reader.</param>
    /// <param name="limits">RecordBytes bounds a line.</param>
    public static LineReader OpenStandardInput(Stream input, DecodeLimits limits)
    {
        var start = new PrefixedStream(input);
        var compression = Inflating.Detect(start.Peek());
        return new LineReader(Inflating.Open(start, compression), "standard input", limits, fillBlocks: false);
    }

    /// <summary>Shard and sequence number of the first record of a file of kind <see cref="InputKind.LambdaEvent"/>; null: it cannot be told, as will be seen when it is read.</summary>
    internal (string Shard, SequenceNumber Sequence)? FirstOfLambdaEvent()
    {
        if (_first is not null)
        {
            return _first;
        }

        try
        {
            // A large record, or members in another order.
            using var whole = ReadLambdaEvent();
            return whole.Batches is [var batch, ..] ? (batch.Shard, batch.Records[0].Sequence) : null;
        }
        catch (InputException)
        {
            return null;
        }
    }

    /// <summary>The records of a file of kind <see cref="InputKind.LambdaEvent"/>. The caller disposes it.</summary>
    /// <exception cref="InputException">It cannot be read, is too large, or is not a whole Lambda event.</exception>
    public LambdaEvent ReadLambdaEvent()
    {
        var lambdaEvent = new LambdaEvent();
        byte[] json = [];
        try
        {
            ReadLambdaEvent(lambdaEvent, ref json);
            return lambdaEvent;
        }
        catch
        {
            lambdaEvent.Dispose();
            throw;
        }
    }

    /// <summary>The same into memory that was used before.</summary>
    /// <param name="into">What it holds is void, also when this throws.</param>
    /// <param name="json">Receives the file's bytes, and is replaced when it is too small. Not needed any more when this returns.</param>
    /// <exception cref="InputException">As of <see cref="ReadLambdaEvent()"/>.</exception>
    public void ReadLambdaEvent(LambdaEvent into, ref byte[] json)
    {
        EnsureRoom(ref json, LambdaEventReader.WindowBytes, used: 0);
        if (Compression == CompressionKind.None && Bytes is > LambdaEventReader.WindowBytes and <= LambdaEventBytesMax && TryReadBlocks(into, json))
        {
            return;
        }

        // One byte more than the file has, so that its end is seen without growing.
        EnsureRoom(ref json, (int)Math.Min(Bytes + 1, LambdaEventBytesMax + 1), used: 0);
        var length = ReadWhole(ref json);
        LambdaEventReader.Read(json.AsSpan(0, length), into);
        if (into.Error is { } error)
        {
            throw new InputException($"{Name}: {error}");
        }
    }

    /// <summary>An event as Lambda writes it needs no more than a part of itself in memory.</summary>
    private bool TryReadBlocks(LambdaEvent into, byte[] window)
    {
        try
        {
            using var content = OpenRead(Path);
            return LambdaEventReader.TryRead(content, (int)Bytes, window.AsSpan(0, LambdaEventReader.WindowBytes), into);
        }
        catch (IOException)
        {
            // It shows again when the whole is read.
            return false;
        }
    }

    private int ReadWhole(ref byte[] json)
    {
        try
        {
            using var content = Inflating.Open(new UncutStream(OpenRead(Path), Bytes), Compression);
            var length = 0;
            int read;
            while ((read = content.Read(json, length, json.Length - length)) > 0)
            {
                length += read;
                if (length > LambdaEventBytesMax)
                {
                    throw new InputException(
                        $"{Name} is a Lambda event of more than {LambdaEventBytesMax:N0} bytes, the most that is read as one; Lambda's own are at most 6 MB");
                }

                if (length == json.Length)
                {
                    EnsureRoom(ref json, Math.Min(2 * length, LambdaEventBytesMax + 1), length);
                }
            }

            return length;
        }
        catch (Exception exception) when (exception is CompressedDataException or IOException)
        {
            throw new InputException($"{Name} cannot be read to its end: {exception.Message}", exception);
        }
    }

    /// <summary>In steps, so that files of about the same size fit where one of them did.</summary>
    private static void EnsureRoom(ref byte[] json, int bytes, int used)
    {
        if (json.Length < bytes)
        {
            var larger = GC.AllocateUninitializedArray<byte>(((bytes - 1) | (EventRoomBytes - 1)) + 1);
            json.AsSpan(0, used).CopyTo(larger);
            json = larger;
        }
    }

    private static FileStream OpenRead(string path)
    {
        try
        {
            // Blocks are large: a buffer of the stream's own would only copy once more.
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"{path} does not exist", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new InputException($"{path} cannot be read: {exception.Message}", exception);
        }
    }

    private static InputKind DetectKind(Stream content, out ContentId? beginning, out (string Shard, SequenceNumber Sequence)? first)
    {
        (beginning, first) = (null, null);
        var start = ArrayPool<byte>.Shared.Rent(KindBytesMax);
        try
        {
            var length = ReadStart(content, start, 0, KindBytes);
            if (!LambdaEventReader.LooksLikeEvent(start.AsSpan(0, length)))
            {
                // A longer beginning never takes back what a shorter one said.
                length = ReadStart(content, start, length, KindBytesMax);
                if (!LambdaEventReader.LooksLikeEvent(start.AsSpan(0, length)))
                {
                    beginning = length == KindBytesMax ? new ContentId(XxHash128.HashToUInt128(start.AsSpan(0, length)), length) : null;
                    return InputKind.Lines;
                }
            }

            first = LambdaEventStart.Read(start.AsSpan(0, length)) ?? LambdaEventStart.Read(start.AsSpan(0, ReadStart(content, start, length, KindBytesMax)));
            return InputKind.LambdaEvent;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(start);
        }
    }

    private static int ReadStart(Stream content, byte[] start, int length, int lengthMax)
    {
        try
        {
            int read;
            while (length < lengthMax && (read = content.Read(start.AsSpan(length, lengthMax - length))) > 0)
            {
                length += read;
            }
        }
        catch (Exception exception) when (exception is CompressedDataException or IOException)
        {
            // What was read so far decides; the damage is told when the records are read.
        }

        return length;
    }
}
