using System.Text.Json;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Benchmarks.Baselines;

/// <summary>
/// What one writes by hand when objects are too slow: Utf8JsonReader, names compared as bytes, values appended to reused columns, the same
/// checks as the contract's. Not written: escapes in text other than through CopyString, duplicate members, unknown members kept.
/// </summary>
internal sealed class ReaderIntoColumns
{
    private readonly FixedColumn<Guid> _id = new();
    private readonly FixedColumn<long> _time = new();
    private readonly TextColumn _device = new();
    private readonly TextColumn _site = new();
    private readonly TextColumn _firmware = new();
    private readonly FixedColumn<long> _sequence = new();
    private readonly FixedColumn<double> _temperature = new();
    private readonly FixedColumn<double> _humidity = new();
    private readonly FixedColumn<double> _battery = new();
    private readonly FixedColumn<bool> _online = new();
    private readonly FixedColumn<double> _lat = new();
    private readonly FixedColumn<double> _lon = new();
    private readonly TextColumn _note = new();
    private readonly byte[] _scratch = new byte[1 << 16];

    public int Rows { get; private set; }

    public ReadOnlySpan<double> Temperatures => _temperature.Values;

    /// <returns>How many of the records are valid.</returns>
    public int Decode(MicroBatch batch)
    {
        Rows = 0;
        Roll(0);
        for (var i = 0; i < batch.Records.Count; i++)
        {
            if (Read(batch.Records[i].Data.Span))
            {
                Rows++;
                _battery.PadTo(Rows);
                _online.PadTo(Rows);
                _lat.PadTo(Rows);
                _lon.PadTo(Rows);
                _note.PadTo(Rows);
            }
            else
            {
                Roll(Rows);
            }
        }

        return Rows;
    }

    private bool Read(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (!ReadMember(ref reader))
                {
                    return false;
                }
            }

            reader.Read();
            var wanted = Rows + 1;
            return _id.Count == wanted && _time.Count == wanted && _device.Count == wanted && _site.Count == wanted && _firmware.Count == wanted
                && _sequence.Count == wanted && _temperature.Count == wanted && _humidity.Count == wanted;
        }
        catch (Exception error) when (error is JsonException or FormatException or InvalidOperationException)
        {
            return false;
        }
    }

    private bool ReadMember(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("event_id"u8))
        {
            reader.Read();
            _id.Append(reader.GetGuid());
            return true;
        }

        if (reader.ValueTextEquals("measured_at"u8))
        {
            reader.Read();
            _time.Append((reader.GetDateTimeOffset().UtcTicks - DateTime.UnixEpoch.Ticks) / 10);
            return true;
        }

        if (reader.ValueTextEquals("device"u8))
        {
            return ReadDevice(ref reader);
        }

        if (reader.ValueTextEquals("sequence"u8))
        {
            return ReadLong(ref reader, _sequence, 0);
        }

        if (reader.ValueTextEquals("temperature"u8))
        {
            return ReadDouble(ref reader, _temperature, -50, 90);
        }

        if (reader.ValueTextEquals("humidity"u8))
        {
            return ReadDouble(ref reader, _humidity, 0, 100);
        }

        if (reader.ValueTextEquals("battery"u8))
        {
            return ReadDouble(ref reader, _battery, 0, 1);
        }

        if (reader.ValueTextEquals("online"u8))
        {
            reader.Read();
            _online.Append(reader.GetBoolean());
            return true;
        }

        if (reader.ValueTextEquals("position"u8))
        {
            return ReadPosition(ref reader);
        }

        if (reader.ValueTextEquals("note"u8))
        {
            _note.Append(ReadText(ref reader));
            return true;
        }

        reader.Skip();
        return true;
    }

    private bool ReadDevice(ref Utf8JsonReader reader)
    {
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("id"u8))
            {
                var id = ReadText(ref reader);
                if (id.Length is < 1 or > 32)
                {
                    return false;
                }

                _device.Append(id);
            }
            else if (reader.ValueTextEquals("site"u8))
            {
                var site = ReadText(ref reader);
                if (!site.SequenceEqual("north"u8) && !site.SequenceEqual("south"u8) && !site.SequenceEqual("harbor"u8) && !site.SequenceEqual("airport"u8))
                {
                    return false;
                }

                _site.Append(site);
            }
            else if (reader.ValueTextEquals("firmware"u8))
            {
                var firmware = ReadText(ref reader);
                if (firmware.Length > 16)
                {
                    return false;
                }

                _firmware.Append(firmware);
            }
            else
            {
                reader.Skip();
            }
        }

        return true;
    }

    private bool ReadPosition(ref Utf8JsonReader reader)
    {
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("lat"u8))
            {
                ReadDouble(ref reader, _lat, double.MinValue, double.MaxValue);
            }
            else if (reader.ValueTextEquals("lon"u8))
            {
                ReadDouble(ref reader, _lon, double.MinValue, double.MaxValue);
            }
            else
            {
                reader.Skip();
            }
        }

        return _lat.Count == Rows + 1 && _lon.Count == Rows + 1;
    }

    private static bool ReadLong(ref Utf8JsonReader reader, FixedColumn<long> column, long min)
    {
        reader.Read();
        var value = reader.GetInt64();
        column.Append(value);
        return value >= min;
    }

    private static bool ReadDouble(ref Utf8JsonReader reader, FixedColumn<double> column, double min, double max)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            column.Append(0, valid: false);
            return true;
        }

        var value = reader.GetDouble();
        column.Append(value);
        return value >= min && value <= max;
    }

    private ReadOnlySpan<byte> ReadText(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.ValueIsEscaped ? _scratch.AsSpan(0, reader.CopyString(_scratch)) : reader.ValueSpan;
    }

    private void Roll(int rows)
    {
        _id.Truncate(rows);
        _time.Truncate(rows);
        _device.Truncate(rows);
        _site.Truncate(rows);
        _firmware.Truncate(rows);
        _sequence.Truncate(rows);
        _temperature.Truncate(rows);
        _humidity.Truncate(rows);
        _battery.Truncate(rows);
        _online.Truncate(rows);
        _lat.Truncate(rows);
        _lon.Truncate(rows);
        _note.Truncate(rows);
    }
}
