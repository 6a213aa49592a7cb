using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace StreamPipeline.Core.Lake.Zstd;

/// <summary>
/// What lines have in common. It begins as a whole line, and each line that differs from it in nothing but values makes values of what it differs in. A
/// value ends where a text does that could follow it, and nothing in it is escaped.
/// </summary>
internal sealed class LineTemplate
{
    private LineForm _form = new();
    private LineForm _other = new();

    public LineForm Form => _form;

    /// <summary>Where in the frame's content its last line begins; negative if it has none there.</summary>
    public int LastAt { get; set; } = -1;

    /// <summary>Begins anew, as one text.</summary>
    public void Begin(LineText line)
    {
        LastAt = -1;
        _form.Clear(line.Length);
        _form.TryAppend(line, 0, line.Length, 0, out _);
        _form.TryEnd();
    }

    /// <summary>Whether the line has all texts; <paramref name="values"/> are then the lengths of what comes behind each.</summary>
    /// <param name="line">Any.</param>
    /// <param name="values">As many as the form has parts at least.</param>
    /// <param name="literals">Receives what is in no match: the values, and the texts that are too short for one. A vector more is written to.</param>
    /// <returns>Bytes of that; negative: it has not.</returns>
    public int Fit(LineText line, Span<int> values, ref byte literals)
    {
        ref var bytes = ref line.Start;
        ref var texts = ref MemoryMarshal.GetReference(_form.Texts);
        ref var escaped = ref MemoryMarshal.GetReference(_form.Escaped);
        ref var lengths = ref MemoryMarshal.GetReference(values);
        ReadOnlySpan<LineForm.Part> parts = _form.Parts;
        ArgumentOutOfRangeException.ThrowIfLessThan(values.Length, parts.Length);
        nint lineEnd = line.Length;
        var (dataPart, dataAt) = (_form.DataPart, line.DataFrom - _form.DataOffset);
        nint at = 0;
        nint count = 0;
        for (var i = 0; i < parts.Length; i++)
        {
            ref readonly var part = ref parts[i];
            nint length = part.Length;
            if (length > lineEnd - at || (i == dataPart && at != dataAt))
            {
                return -1;
            }

            var different = 0u;
            ref var text = ref Unsafe.Add(ref texts, part.At);
            nint done = 0;
            for (; done < length - Vector256<byte>.Count; done += Vector256<byte>.Count)
            {
                different |= Different(ref Unsafe.Add(ref bytes, at + done), ref Unsafe.Add(ref text, done));
            }

            different |= Different(ref Unsafe.Add(ref bytes, at + done), ref Unsafe.Add(ref text, done)) & part.LastMask;
            if (different != 0)
            {
                return -1;
            }

            if (!part.IsMatch)
            {
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref literals, count), Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref escaped, part.EscapedAt)));
                count += part.EscapedLength;
            }

            at += length;
            var end = part.EndsAtQuote ? line.QuoteFrom(at) : line.EndFrom(at);
            length = end - at;
            for (nint copied = 0; copied < length; copied += Vector256<byte>.Count)
            {
                Vector256.LoadUnsafe(ref Unsafe.Add(ref bytes, at + copied)).StoreUnsafe(ref Unsafe.Add(ref literals, count + copied));
            }

            Unsafe.Add(ref lengths, i) = (int)length;
            at = end;
            count += length;
        }

        return at == lineEnd && values[parts.Length - 1] == 0 ? (int)count : -1;
    }

    /// <summary>Makes values of what the line differs in, so that it fits; negative, with nothing changed, when it differs in more.</summary>
    /// <inheritdoc cref="Fit"/>
    public int Refine(LineText line, Span<int> values, ref byte literals)
    {
        if (!TryMakeOther(line))
        {
            return -1;
        }

        (_form, _other) = (_other, _form);
        var count = Fit(line, values, ref literals);
        if (count < 0)
        {
            (_form, _other) = (_other, _form);
        }

        return count;
    }

    private bool TryMakeOther(LineText line)
    {
        _other.Clear(line.Length);
        var at = 0;
        ReadOnlySpan<LineForm.Part> parts = _form.Parts;
        for (var i = 0; i < parts.Length; i++)
        {
            ref readonly var part = ref parts[i];
            if (!TrySplit(line, _form.Texts.Slice(part.At, part.Length), part.LastAt, ref at))
            {
                return false;
            }

            at = i == parts.Length - 1 ? at : (int)(part.EndsAtQuote ? line.QuoteFrom(at) : line.EndFrom(at));
        }

        return at == line.Length && _other.TryEnd();
    }

    /// <summary>What a text has in common with the line from <paramref name="at"/> on.</summary>
    private bool TrySplit(LineText line, ReadOnlySpan<byte> text, int lastAt, ref int at)
    {
        while (true)
        {
            var same = text.CommonPrefixLength(line.Bytes[at..]);
            if (!_other.TryAppend(line, at, same, lastAt, out var escaped))
            {
                return false;
            }

            at += same;
            if (same == text.Length)
            {
                return true;
            }

            // Both go on where their values end.
            var isText = IsInText(text[..same]);
            var (end, textEnd) = ((int)(isText ? line.QuoteFrom(at) : line.EndFrom(at)), EndOf(text, same, isText));
            if (textEnd == text.Length)
            {
                // The value behind this text begins earlier.
                return true;
            }

            // Names that differ are no values.
            if (end == line.Length || text[textEnd] != line.Bytes[end] || IsName(text[textEnd..]) || IsName(line.Bytes[end..]))
            {
                return false;
            }

            lastAt += escaped + textEnd - same;
            at = end;
            text = text[textEnd..];
        }
    }

    /// <summary>Whether the last quote begins a value or a name.</summary>
    private static bool IsInText(ReadOnlySpan<byte> text)
    {
        var quote = text.LastIndexOf((byte)'"');
        return quote > 0 && ":,{[ "u8.Contains(text[quote - 1]);
    }

    private static bool IsName(ReadOnlySpan<byte> end) => end.StartsWith("\":"u8);

    private static int EndOf(ReadOnlySpan<byte> text, int at, bool isQuote)
    {
        while (at < text.Length && !(text[at] is < (byte)' ' or (byte)'"' or (byte)'\\' || (!isQuote && text[at] is (byte)',' or (byte)']' or (byte)'}')))
        {
            at++;
        }

        return at;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Different(ref byte bytes, ref byte others) =>
        ~Vector256.Equals(Vector256.LoadUnsafe(ref bytes), Vector256.LoadUnsafe(ref others)).ExtractMostSignificantBits();
}
