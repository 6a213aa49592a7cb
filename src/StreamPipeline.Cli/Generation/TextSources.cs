using System.Text;

namespace StreamPipeline.Cli.Generation;

/// <summary>Words of a length within the contract's limits.</summary>
internal sealed class WordSource(int lengthMin, int lengthMax) : ValueSource
{
    private static readonly string[] _words =
    [
        "amber", "birch", "cedar", "delta", "ember", "flint", "grove", "harbor", "indigo", "juniper", "kestrel", "lagoon", "maple",
        "nimbus", "onyx", "pebble", "quartz", "river", "summit", "thistle", "umber", "violet", "willow", "yarrow", "zephyr",
    ];

    public override void Write(EventDraft draft)
    {
        var buffer = draft.Buffer;
        buffer.Append((byte)'"');
        var start = buffer.Length;
        var words = 1 + draft.Random.Below(2);
        for (var i = 0; i < words || buffer.Length - start < lengthMin; i++)
        {
            if (i > 0)
            {
                buffer.Append((byte)'-');
            }

            // ASCII only, so that bytes are characters.
            foreach (var c in _words[draft.Random.Below(_words.Length)])
            {
                buffer.Append((byte)c);
            }
        }

        buffer.Truncate(Math.Min(buffer.Length, (int)Math.Min(int.MaxValue, (long)start + lengthMax)));
        buffer.Append((byte)'"');
    }
}

/// <summary>A count in letters and digits, for fields that identify an event.</summary>
internal sealed class CountedTextSource(int lengthMin, int lengthMax, bool needsUnique) : ValueSource
{
    private const int DigitsDefault = 10;

    public override bool IsUnique => needsUnique;

    /// <summary>Whether numbers up to a trillion fit.</summary>
    public static bool Fits(int lengthMax) => lengthMax >= DigitsDefault;

    public override void Write(EventDraft draft)
    {
        draft.Buffer.Append((byte)'"');
        draft.Buffer.AppendDigits(draft.Ordinal, Math.Min(lengthMax, Math.Max(lengthMin, DigitsDefault)));
        draft.Buffer.Append((byte)'"');
    }
}

/// <summary>RFC 4122 version 4.</summary>
internal sealed class UuidSource : ValueSource
{
    public override bool IsUnique => true;

    public override void Write(EventDraft draft)
    {
        Span<byte> hex = stackalloc byte[32];
        var (high, low) = (draft.Random.NextBits(), draft.Random.NextBits());
        for (var i = 0; i < 16; i++)
        {
            hex[i] = (byte)"0123456789abcdef"[(int)(high >> (60 - (4 * i))) & 15];
            hex[16 + i] = (byte)"0123456789abcdef"[(int)(low >> (60 - (4 * i))) & 15];
        }

        hex[12] = (byte)'4';
        hex[16] = (byte)"89ab"[(int)(low >> 60) & 3];
        var buffer = draft.Buffer;
        buffer.Append((byte)'"');
        buffer.Append(hex[..8]);
        for (var i = 8; i < 20; i += 4)
        {
            buffer.Append((byte)'-');
            buffer.Append(hex.Slice(i, 4));
        }

        buffer.Append((byte)'-');
        buffer.Append(hex[20..]);
        buffer.Append((byte)'"');
    }
}

/// <summary>Mailboxes below example.com, which RFC 2606 reserves.</summary>
internal sealed class EmailSource(bool counted) : ValueSource
{
    public override bool IsUnique => counted;

    public override void Write(EventDraft draft)
    {
        draft.Buffer.Append("\"user"u8);
        draft.Buffer.Append(counted ? draft.Ordinal : draft.Random.Below(5_000));
        draft.Buffer.Append("@example.com\""u8);
    }
}

/// <summary>Addresses of 10.0.0.0/8, which is private.</summary>
internal sealed class Ipv4Source : ValueSource
{
    public override void Write(EventDraft draft)
    {
        draft.Buffer.Append("\"10."u8);
        draft.Buffer.Append(draft.Random.Below(4));
        draft.Buffer.Append((byte)'.');
        draft.Buffer.Append(draft.Random.Below(256));
        draft.Buffer.Append((byte)'.');
        draft.Buffer.Append(1 + draft.Random.Below(254));
        draft.Buffer.Append((byte)'"');
    }
}

/// <summary>A text that a pattern matches, tried again until its length fits; the planner has checked that this happens.</summary>
internal sealed class PatternSource(PatternNode pattern, int lengthMin, int lengthMax) : ValueSource
{
    private const int AttemptsMax = 1_000;

    private readonly List<Rune> _runes = [];

    public override void Write(EventDraft draft)
    {
        if (!TryDraw(draft.Random))
        {
            throw new CommandException($"no text of {lengthMin:N0} to {lengthMax:N0} characters came out of a pattern in {AttemptsMax:N0} attempts: generate cannot invent it");
        }

        draft.Buffer.Append((byte)'"');
        foreach (var rune in _runes)
        {
            draft.Buffer.AppendEscaped(rune);
        }

        draft.Buffer.Append((byte)'"');
    }

    public bool TryDraw(SeededRandom random)
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            _runes.Clear();
            pattern.Draw(random, _runes);
            if (_runes.Count >= lengthMin && _runes.Count <= lengthMax)
            {
                return true;
            }
        }

        return false;
    }
}
