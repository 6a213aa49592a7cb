using System.Text;
using StreamPipeline.Core.Windows.Aggregates;

namespace StreamPipeline.Core.Windows;

/// <summary>
/// The stored form of a pane layer: parts (see <see cref="PanePart"/>) whose bodies are
/// <code>metrics varint, each (name, signature u128) | groups varint, each (metric varint, window start zigzag from the one before, key, states)</code>
/// The signature refuses states of other measures.
/// </summary>
internal sealed class PaneLayerCodec
{
    /// <summary>Header, metric table, group count and a group's own header, at most: names have up to 64 characters.</summary>
    public const int OverheadBytesMax = 512;

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
        var target = Math.Min(PanePart.BodyBytesMax, 4L * _partBytesMax);
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
            var reader = new ByteReader(PanePart.Unpack(part));
            DecodeBody(ref reader, metrics, tables);
            if (reader.Remaining > 0)
            {
                throw reader.Corrupt($"{reader.Remaining} bytes are left over");
            }
        }

        return new PaneLayer(metrics, tables);
    }

    /// <summary>The metrics of which a part holds windows: name and <see cref="MetricForm.Signature"/>.</summary>
    /// <exception cref="InvalidDataException">The part is corrupt.</exception>
    public static List<(string Name, string Signature)> Forms(byte[] part)
    {
        var reader = new ByteReader(PanePart.Unpack(part));
        var count = reader.Count(PanePart.BodyBytesMax);
        var forms = new List<(string, string)>();
        for (var i = 0; i < count; i++)
        {
            var name = Encoding.UTF8.GetString(reader.Prefixed(NameBytesMax));
            forms.Add((name, MetricForm.Hex(reader.UInt128())));
        }

        return forms;
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
            var part = PanePart.Pack(_body.Written);
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

    private static void DecodeBody(ref ByteReader reader, MetricSet metrics, PaneTable[] tables)
    {
        var used = new PaneTable[reader.Count(tables.Length)];
        for (var i = 0; i < used.Length; i++)
        {
            var name = Encoding.UTF8.GetString(reader.Prefixed(NameBytesMax));
            used[i] = Table(name, reader.UInt128(), metrics, tables);
        }

        var groups = reader.Count(used.Length == 0 ? 0 : PanePart.BodyBytesMax);
        long startUs = 0;
        for (var i = 0L; i < groups; i++)
        {
            var table = used[reader.Count(used.Length - 1)];
            startUs += reader.ZigZag();
            var key = reader.Prefixed(KeyBytesMax);
            var (known, knownKeys) = (table.Count, table.Keys.Count);
            var group = table.Keys.Intern(key);
            if (startUs is < -WindowStartMagnitudeMaxUs or > WindowStartMagnitudeMaxUs
                || table.Metric.LastWindowStart(startUs) != startUs
                || (group == knownKeys && !GroupKeyCodec.TryDecode(key, table.Metric.Keys, [])))
            {
                throw reader.Corrupt($"window {startUs} or its group key is not one of metric '{table.Metric.Name}'");
            }

            var slot = table.FindOrAdd(startUs, group);
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
                        + $"({metric.Describe()}); keep it as it was, and add the changed one beside it under a new name");
            }
        }

        throw new MetricChangedException(
            $"open windows of metric '{name}' are stored, but pipeline.yaml has no such metric; put it back as it was");
    }
}
