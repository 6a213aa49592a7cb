using System.Buffers.Text;
using System.Text;

namespace StreamPipeline.Cli.Generation;

/// <summary>The event being written: UTF-8 JSON in a reused array.</summary>
internal sealed class EventBuffer
{
    private const long DayUs = 86_400_000_000;

    private byte[] _bytes = new byte[4096];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>Forgets what was written beyond <paramref name="length"/>.</summary>
    public void Truncate(int length) => Length = length;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        Length += bytes.Length;
    }

    public void Append(byte value)
    {
        Room(1)[0] = value;
        Length++;
    }

    public void Append(long value)
    {
        Utf8Formatter.TryFormat(value, Room(20), out var written);
        Length += written;
    }

    public void Append(double value)
    {
        value.TryFormat(Room(32), out var written, default, System.Globalization.CultureInfo.InvariantCulture);
        Length += written;
    }

    public void Append(decimal value)
    {
        value.TryFormat(Room(64), out var written, default, System.Globalization.CultureInfo.InvariantCulture);
        Length += written;
    }

    /// <summary>The inside of a JSON string: quotes, backslashes and control characters are escaped.</summary>
    public void AppendEscaped(Rune rune)
    {
        switch (rune.Value)
        {
            case '"' or '\\':
                Append((byte)'\\');
                Append((byte)rune.Value);
                break;
            case < 32:
                Append("\\u00"u8);
                Append((byte)"0123456789abcdef"[rune.Value >> 4]);
                Append((byte)"0123456789abcdef"[rune.Value & 15]);
                break;
            default:
                Length += rune.EncodeToUtf8(Room(4));
                break;
        }
    }

    /// <summary><c>"2026-01-01T00:00:00.000Z"</c>, with quotes.</summary>
    public void AppendTimestamp(long us)
    {
        Append((byte)'"');
        var days = DaysOf(us);
        AppendDay(days);
        Append((byte)'T');
        var ms = (us - (days * DayUs)) / 1_000;
        AppendDigits(ms / 3_600_000, 2);
        Append((byte)':');
        AppendDigits(ms / 60_000 % 60, 2);
        Append((byte)':');
        AppendDigits(ms / 1_000 % 60, 2);
        Append((byte)'.');
        AppendDigits(ms % 1_000, 3);
        Append("Z\""u8);
    }

    /// <summary><c>"2026-01-01"</c>, with quotes.</summary>
    public void AppendDate(long us)
    {
        Append((byte)'"');
        AppendDay(DaysOf(us));
        Append((byte)'"');
    }

    public void AppendDigits(long value, int width)
    {
        var room = Room(width);
        for (var i = width - 1; i >= 0; i--)
        {
            room[i] = (byte)('0' + (value % 10));
            value /= 10;
        }

        Length += width;
    }

    /// <summary>Rounded down, also before 1970.</summary>
    private static long DaysOf(long us) => us >= 0 ? us / DayUs : ((us + 1) / DayUs) - 1;

    private void AppendDay(long daysSinceEpoch)
    {
        var date = DateOnly.FromDayNumber((int)daysSinceEpoch + 719_162);
        AppendDigits(date.Year, 4);
        Append((byte)'-');
        AppendDigits(date.Month, 2);
        Append((byte)'-');
        AppendDigits(date.Day, 2);
    }

    private Span<byte> Room(int bytes)
    {
        if (_bytes.Length - Length < bytes)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + bytes));
        }

        return _bytes.AsSpan(Length);
    }
}
