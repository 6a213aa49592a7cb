using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Embedded.Sources;

namespace StreamPipeline.Embedded.Running;

/// <summary>
/// Writes how far an input that is not yet known by its content was read, before anything of that is committed (<see cref="StreamCatalog.WriteReach"/>). The reader
/// tells, the lanes write. Invariant: what is written, by this process or another, is what this process' input begins with. Owner: the run of the input.
/// </summary>
internal sealed class ReachLog : IDisposable
{
    private const int AttemptsMax = 100;

    private readonly StreamCatalog _catalog;
    private readonly InputEntry _entry;
    private readonly InputFile _file;
    private readonly SemaphoreSlim _gate = new(1);
    private volatile Reach _read = new(default, IsWhole: false, default);
    private volatile Reach _written = new(default, IsWhole: false, default);
    private long _version;

    private ReachLog(StreamCatalog catalog, InputEntry entry, InputFile file)
    {
        _catalog = catalog;
        _entry = entry;
        _file = file;
    }

    /// <exception cref="InputRefusedException">Another input that begins alike was read so far.</exception>
    public static async Task<ReachLog> Open(StreamCatalog catalog, InputEntry entry, InputFile file, CancellationToken cancellation)
    {
        var log = new ReachLog(catalog, entry, file);
        await log.Load(cancellation);
        return log;
    }

    /// <summary>Tells how far the input was read. To be called before records from there are handed on.</summary>
    /// <param name="content">The input.</param>
    /// <param name="lines">As many were found in it.</param>
    public void Read(ContentStream content, long lines) => _read = new Reach(content.Id, content.IsWhole, LineFeed.SequenceOf(_entry, lines));

    /// <summary>Returns once it is written that the input was read up to a record, or further.</summary>
    /// <inheritdoc cref="WriteAll"/>
    public ValueTask WriteUpTo(SequenceNumber last, CancellationToken cancellation) => last < _written.End ? default : WriteAll(cancellation);

    /// <summary>Returns once it is written how far the input was read when this was called, or further.</summary>
    /// <exception cref="InputRefusedException">Another process runs another input that begins alike.</exception>
    public async ValueTask WriteAll(CancellationToken cancellation)
    {
        if (_written.Covers(_read))
        {
            return;
        }

        await _gate.WaitAsync(cancellation);
        try
        {
            for (var attempt = 0; !_written.Covers(_read); attempt++)
            {
                var read = _read;
                if (attempt == AttemptsMax)
                {
                    throw new StateUncertainException($"how far {_entry.Name} was read changed {AttemptsMax} times while it was being written: too many processes run it at once");
                }

                if (await _catalog.WriteReach(_entry, new InputReach(read.Content.ToString(), read.IsWhole), _version, cancellation) == SwapOutcome.Committed)
                {
                    _version++;
                    _written = read;
                }
                else
                {
                    await Load(cancellation);
                }
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    /// <summary>Takes what is written for what this input begins with, which it must be.</summary>
    private async ValueTask Load(CancellationToken cancellation)
    {
        if (await _catalog.ReadReach(_entry, cancellation) is not var (reach, version))
        {
            return;
        }

        var content = ContentId.Parse(reach.Content);
        if (!await Task.Run(() => _file.BeginsWith(content, reach.IsWhole, cancellation), cancellation))
        {
            throw new InputRefusedException(
                $"{_file.Name}: {_entry.Name} was interrupted, or another process is running it, and this is another input: it differs within the first {content.Bytes:N0} bytes (decompressed)"
                + $"{(reach.IsWhole ? " or goes on behind them" : "")}; run {_entry.Name} first as it was (it goes on where it stopped), then this one, or use another lake");
        }

        // How many lines it has is not known.
        (_version, _written) = (version, new Reach(content, reach.IsWhole, default));
    }

    /// <param name="Content">What was read.</param>
    /// <param name="IsWhole">There is no more.</param>
    /// <param name="End">Of the first record that was not.</param>
    private sealed record Reach(ContentId Content, bool IsWhole, SequenceNumber End)
    {
        public bool Covers(Reach other) => Content.Bytes > other.Content.Bytes || (Content.Bytes == other.Content.Bytes && (IsWhole || !other.IsWhole));
    }
}
