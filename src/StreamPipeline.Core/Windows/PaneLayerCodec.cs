using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using StreamPipeline.Core.Windows.Aggregates;
using ZstdSharp;

namespace StreamPipeline.Core.Windows;

/// <summary>
/// The stored form of a pane layer: parts of
/// <code>
/// magic "SPPL" | version u8 | compression u8 (0 none, 1 zstd) | 2 × 0 | body length u32 | XxHash3 u64 of the 12 bytes before and the stored body | stored body
/// body: metrics varint, each (name, signature u128) | groups varint, each (metric varint, window start zigzag from the one before, key, states)
/// </code>
/// Numbers are little-endian. The signature refuses states of other measures; the hash refuses damaged bytes.
/// </summary>
internal sealed class PaneLayerCodec
{
    /// <summary>Header, metric table, group count and a group's own header, at most: names have up to 64 characters.</summary>
    public const int OverheadBytesMax = 512;

    private const int HeaderBytes = 20;
    private const int HashedHeaderBytes = 12;
    private const byte Version = 1;

    /// <summary>Bodies hold up to this before compression: a bound for readers, and enough for zstd to find repetition in.</summary>
    private const int BodyBytesMax = 4 << 20;
    /// <summary>Windows of the years 1 to 9999 start within it.</summary>
    private const long WindowStartMagnitudeMaxUs = 1L << 60;
    private const int NameBytesMax = 256;
    private const int KeyBytesMax = 16 * ((2 * GroupKeyCodec.TextBytesMax) + 2);

    private readonly MetricSet _metrics;
    private readonly PaneLayer _layer;
    private readonly int _partBytesMax;
    private readonly List<(int Metric, int Slot)> _groups = [];
    private readonly ByteWriter _body = new();
    private readonly ByteWriter _entries = new();
    private readonly List<byte[]> _parts = [];

    public PaneLayerCodec(PaneLayer layer, int partBytesMax)
    {
        _layer = layer;
        _metrics = layer.Metrics;
        _partBytesMax = partBytesMax;
    }

    public IReadOnlyList<byte[]> Encode()
    {
        Order();
        var target = Math.Min(BodyBytesMax, 4L * _partBytesMax);
        for (var first = 0; first < _groups.Count;)
        {
            first = EncodePart(first, _groups.Count, (int)target);
        }

        return _parts;
    }

    public static PaneLayer Decode(MetricSet metrics, IReadOnlyList<byte[]> parts)
    {
        var tables = new PaneTable[metrics.Metrics.Count];
        for (var i = 0; i < tables.Length; i++)
        {
            tables[i] = new PaneTable(metrics.Metrics[i]);
        }

        foreach (var part in parts)
        {
            var body = Body(part);
            var reader = new ByteReader(body);
            DecodeBody(ref reader, metrics, tables);
            if (reader.Remaining > 0)
            {
                throw reader.Corrupt($"{reader.Remaining} bytes are left over");
            }
        }

        return new PaneLayer(metrics, tables);
    }

    /// <summary>All groups by window start, metric, key: each table is in order already, so this is a merge.</summary>
    private void Order()
    {
        var sorted = new int[_metrics.Metrics.Count][];
        var next = new int[sorted.Length];
        for (var i = 0; i < sorted.Length; i++)
        {
            sorted[i] = _layer.Table(i).Sorted();
        }

        while (true)
        {
            var earliest = -1;
            long startUs = 0;
            for (var i = 0; i < sorted.Length; i++)
            {
                if (next[i] < sorted[i].Length)
                {
                    var candidateUs = _layer.Table(i).WindowStart(sorted[i][next[i]]);
                    if (earliest < 0 || candidateUs < startUs)
                    {
                        earliest = i;
                        startUs = candidateUs;
                    }
                }
            }

            if (earliest < 0)
            {
                return;
            }

            while (next[earliest] < sorted[earliest].Length
                && _layer.Table(earliest).WindowStart(sorted[earliest][next[earliest]]) == startUs)
            {
                _groups.Add((earliest, sorted[earliest][next[earliest]++]));
            }
        }
    }

    /// <summary>Encodes groups from <paramref name="first"/> on into one part, fewer when they do not fit, and returns where the next part starts.</summary>
    private int EncodePart(int first, int end, int target)
    {
        while (true)
        {
            end = WriteBody(first, end, target);
            var part = Pack();
            if (part.Length <= _partBytesMax)
            {
                _parts.Add(part);
                return end;
            }

            if (end - first == 1)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(first), part.Length,
                    $"one group of metric '{_metrics.Metrics[_groups[first].Metric].Name}' needs {part.Length} bytes, the part limit is {_partBytesMax}");
            }

            end = first + ((end - first) / 2);
        }
    }

    private int WriteBody(int first, int end, int target)
    {
        var used = new List<int>();
        _entries.Clear();
        long previousUs = 0;
        var next = first;
        for (; next < end; next++)
        {
            var (metric, slot) = _groups[next];
            var before = _entries.Length;
            var table = _layer.Table(metric);
            var known = used.IndexOf(metric);
            _entries.Count(known < 0 ? used.Count : known);
            _entries.ZigZag(table.WindowStart(slot) - previousUs);
            _entries.Prefixed(table.Key(slot));
            foreach (var column in table.Columns)
            {
                column.Write(slot, _entries);
            }

            if (_entries.Length > target && next > first)
            {
                _entries.Truncate(before);
                break;
            }

            if (known < 0)
            {
                used.Add(metric);
            }

            previousUs = table.WindowStart(slot);
        }

        _body.Clear();
        _body.Count(used.Count);
        foreach (var metric in used)
        {
            _body.Prefixed(Encoding.UTF8.GetBytes(_metrics.Metrics[metric].Name));
            _body.UInt128(_metrics.Metrics[metric].Signature);
        }

        _body.Count(next - first);
        _body.Bytes(_entries.Written);
        return next;
    }

    private byte[] Pack()
    {
        var body = _body.Written;
        using var compressor = new Compressor(1);
        var compressed = compressor.Wrap(body);
        var isSmaller = compressed.Length < body.Length;
        var stored = isSmaller ? compressed : body;
        var part = new byte[HeaderBytes + stored.Length];
        "SPPL"u8.CopyTo(part);
        part[4] = Version;
        part[5] = isSmaller ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32LittleEndian(part.AsSpan(8), body.Length);
        stored.CopyTo(part.AsSpan(HeaderBytes));
        BinaryPrimitives.WriteUInt64LittleEndian(part.AsSpan(HashedHeaderBytes), Hash(part));
        return part;
    }

    private static ReadOnlySpan<byte> Body(byte[] part)
    {
        if (part.Length < HeaderBytes || !part.AsSpan().StartsWith("SPPL"u8))
        {
            throw new InvalidDataException($"{part.Length} bytes are not a pane layer: it starts with 'SPPL' and has at least {HeaderBytes}");
        }

        if (part[4] != Version)
        {
            throw new InvalidDataException($"a pane layer has format version {part[4]}, this program reads {Version}: it was written by a newer one");
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(part.AsSpan(8));
        if (BinaryPrimitives.ReadUInt64LittleEndian(part.AsSpan(HashedHeaderBytes)) != Hash(part) || part[5] > 1)
        {
            throw new InvalidDataException($"a pane layer of {part.Length} bytes is damaged: its hash does not match");
        }

        var stored = part.AsSpan(HeaderBytes);
        if (length > BodyBytesMax + PaneLayer.PartBytesMax || (part[5] == 0 && length != stored.Length))
        {
            throw new InvalidDataException($"a pane layer claims {length} bytes, at most {BodyBytesMax + PaneLayer.PartBytesMax} are possible");
        }

        return part[5] == 0 ? stored : Decompress(stored, (int)length);
    }

    private static byte[] Decompress(ReadOnlySpan<byte> stored, int length)
    {
        var body = new byte[length];
        try
        {
            using var decompressor = new Decompressor();
            var written = decompressor.Unwrap(stored, body);
            return written == length ? body : throw new InvalidDataException($"a pane layer holds {written} bytes, {length} are expected");
        }
        catch (ZstdException error)
        {
            throw new InvalidDataException("a pane layer does not decompress", error);
        }
    }

    private static void DecodeBody(ref ByteReader reader, MetricSet metrics, PaneTable[] tables)
    {
        var used = new PaneTable[reader.Count(tables.Length)];
        for (var i = 0; i < used.Length; i++)
        {
            var name = Encoding.UTF8.GetString(reader.Prefixed(NameBytesMax));
            used[i] = Table(name, reader.UInt128(), metrics, tables);
        }

        var groups = reader.Count(used.Length == 0 ? 0 : BodyBytesMax);
        long startUs = 0;
        for (var i = 0L; i < groups; i++)
        {
            var table = used[reader.Count(used.Length - 1)];
            startUs += reader.ZigZag();
            var key = reader.Prefixed(KeyBytesMax);
            var known = table.Count;
            if (startUs is < -WindowStartMagnitudeMaxUs or > WindowStartMagnitudeMaxUs || table.Metric.LastWindowStart(startUs) != startUs || !GroupKeyCodec.TryDecode(key, table.Metric.Keys, []))
            {
                throw reader.Corrupt($"window {startUs} or its group key is not one of metric '{table.Metric.Name}'");
            }

            var slot = table.FindOrAdd(startUs, table.Keys.Intern(key));
            if (slot < known)
            {
                throw reader.Corrupt($"metric '{table.Metric.Name}' has a group twice; parts of different layers are merged, not decoded together");
            }

            foreach (var column in table.Columns)
            {
                column.EnsureSlots(table.Count);
                column.Read(slot, ref reader);
            }
        }
    }

    private static PaneTable Table(string name, UInt128 signature, MetricSet metrics, PaneTable[] tables)
    {
        for (var i = 0; i < tables.Length; i++)
        {
            var metric = metrics.Metrics[i];
            if (metric.Name == name)
            {
                return metric.Signature == signature
                    ? tables[i]
                    : throw new MetricChangedException(
                        $"open windows of metric '{name}' were written for other windows, groups or measures than pipeline.yaml has now "
                        + $"({metric.Describe()}); give the changed metric a new name, or restore it until its windows are closed");
            }
        }

        throw new MetricChangedException(
            $"open windows of metric '{name}' are stored, but pipeline.yaml has no such metric; restore it until its windows are closed");
    }

    private static ulong Hash(ReadOnlySpan<byte> part)
    {
        var hash = new XxHash3();
        hash.Append(part[..HashedHeaderBytes]);
        hash.Append(part[HeaderBytes..]);
        return hash.GetCurrentHashAsUInt64();
    }
}
