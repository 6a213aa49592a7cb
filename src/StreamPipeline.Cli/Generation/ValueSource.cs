using System.Text;

namespace StreamPipeline.Cli.Generation;

/// <summary>What the sources of one event share.</summary>
internal sealed class EventDraft(SeededRandom random)
{
    public SeededRandom Random => random;

    public EventBuffer Buffer { get; } = new();

    /// <summary>Microseconds since the epoch.</summary>
    public long EventTimeUs { get; set; }

    /// <summary>Counts the attempts: no two events share one.</summary>
    public long Ordinal { get; set; }

    /// <summary>Where the values of the key fields stand in the buffer, when somebody asked for them.</summary>
    public List<(int Start, int End)> KeyValues { get; } = [];
}

/// <summary>Writes one JSON value that satisfies its field of the contract.</summary>
internal abstract class ValueSource
{
    /// <summary>No two events get the same value.</summary>
    public virtual bool IsUnique => false;

    public abstract void Write(EventDraft draft);

    /// <summary>A text as the JSON string it is.</summary>
    public static byte[] Encode(string text)
    {
        var buffer = new EventBuffer();
        buffer.Append((byte)'"');
        foreach (var rune in text.EnumerateRunes())
        {
            buffer.AppendEscaped(rune);
        }

        buffer.Append((byte)'"');
        return buffer.Written.ToArray();
    }

    /// <summary>A member name with its colon.</summary>
    public static byte[] EncodeName(string name) => [.. Encode(name), (byte)':'];
}

/// <summary>Anything is valid here: a small number.</summary>
internal sealed class AnySource : ValueSource
{
    public override void Write(EventDraft draft) => draft.Buffer.Append(draft.Random.Below(100));
}

internal sealed class BooleanSource(bool? only) : ValueSource
{
    public override void Write(EventDraft draft) =>
        draft.Buffer.Append(only ?? (draft.Random.Below(4) != 0) ? "true"u8 : "false"u8);
}

/// <summary>
/// A few values whose frequencies fall like 1/rank (Zipf), as those of airports, devices and products do.
/// </summary>
internal sealed class PoolSource : ValueSource
{
    private readonly byte[][] _values;
    private readonly double[] _cumulative;

    public PoolSource(byte[][] values)
    {
        _values = values;
        _cumulative = new double[values.Length];
        var sum = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            sum += 1.0 / (i + 1);
            _cumulative[i] = sum;
        }
    }

    public override void Write(EventDraft draft)
    {
        var at = Array.BinarySearch(_cumulative, draft.Random.Unit() * _cumulative[^1]);
        draft.Buffer.Append(_values[at < 0 ? ~at : at]);
    }

    /// <summary>The distinct values that another source gives in some attempts; at most <paramref name="sizeMax"/>.</summary>
    public static PoolSource Of(ValueSource source, SeededRandom random, int sizeMax)
    {
        var draft = new EventDraft(random);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var values = new List<byte[]>();
        for (var attempt = 0; attempt < sizeMax * 4 && values.Count < sizeMax; attempt++)
        {
            draft.Buffer.Truncate(0);
            draft.Ordinal = attempt;
            source.Write(draft);
            if (seen.Add(Encoding.UTF8.GetString(draft.Buffer.Written)))
            {
                values.Add(draft.Buffer.Written.ToArray());
            }
        }

        return new PoolSource([.. values]);
    }
}

/// <summary>Remembers where the value stands, so that keys can be compared.</summary>
internal sealed class KeySource(ValueSource inner) : ValueSource
{
    public override bool IsUnique => inner.IsUnique;

    public override void Write(EventDraft draft)
    {
        var start = draft.Buffer.Length;
        inner.Write(draft);
        draft.KeyValues.Add((start, draft.Buffer.Length));
    }
}

/// <summary>Null now and then, where the contract allows it.</summary>
internal sealed class NullableSource(ValueSource inner, double nullShare) : ValueSource
{
    public override void Write(EventDraft draft)
    {
        if (draft.Random.Unit() < nullShare)
        {
            draft.Buffer.Append("null"u8);
        }
        else
        {
            inner.Write(draft);
        }
    }
}

internal sealed class ListSource(ValueSource item, int countMin, int countMax) : ValueSource
{
    public override void Write(EventDraft draft)
    {
        draft.Buffer.Append((byte)'[');
        var count = draft.Random.Between(countMin, countMax);
        for (var i = 0; i < count; i++)
        {
            if (i > 0)
            {
                draft.Buffer.Append((byte)',');
            }

            item.Write(draft);
        }

        draft.Buffer.Append((byte)']');
    }
}

/// <param name="Name">With quotes and colon.</param>
/// <param name="Source">Its value.</param>
/// <param name="AbsentShare">How often it is left out; 0 for what must be there.</param>
/// <param name="Required">By the contract.</param>
/// <param name="WrongValue">A JSON value that violates the contract here; null when every value is valid.</param>
internal sealed record MemberSource(byte[] Name, ValueSource Source, double AbsentShare, bool Required, byte[]? WrongValue);

internal sealed class ObjectSource(IReadOnlyList<MemberSource> members) : ValueSource
{
    public IReadOnlyList<MemberSource> Members => members;

    public override void Write(EventDraft draft) => Write(draft, broken: null, omit: false);

    /// <param name="draft">Gets the object.</param>
    /// <param name="broken">A member to leave out, or to give its wrong value; null: none.</param>
    /// <param name="omit">Which of the two.</param>
    public void Write(EventDraft draft, MemberSource? broken, bool omit)
    {
        var buffer = draft.Buffer;
        buffer.Append((byte)'{');
        var first = true;
        foreach (var member in members)
        {
            var isBroken = ReferenceEquals(member, broken);
            if ((isBroken && omit) || (!isBroken && member.AbsentShare > 0 && draft.Random.Unit() < member.AbsentShare))
            {
                continue;
            }

            if (!first)
            {
                buffer.Append((byte)',');
            }

            first = false;
            buffer.Append(member.Name);
            if (isBroken)
            {
                buffer.Append(member.WrongValue);
            }
            else
            {
                member.Source.Write(draft);
            }
        }

        buffer.Append((byte)'}');
    }
}
