using System.Buffers;
using System.Numerics;
using System.Runtime.Intrinsics;
using System.Text.Json;

namespace StreamPipeline.Embedded.Sources;

/// <summary>
/// Finds one field in a line of JSON by walking over the rest without looking at it closely. What is not JSON gives "not found" at worst,
/// without an exception: hostile lines are as cheap as good ones.
/// </summary>
internal static class JsonFieldFinder
{
    private const int DepthMax = 64;

    private static readonly SearchValues<byte> _structure = SearchValues.Create(",:{}[]\""u8);
    private static readonly SearchValues<byte> _scalarEnd = SearchValues.Create(",}] \t\r"u8);

    /// <param name="json">A line; only what comes before the field is looked at.</param>
    /// <param name="path">Names of nested members, UTF-8.</param>
    /// <param name="unescaped">Room for values with escapes; grows as needed.</param>
    /// <param name="value">A string's value, or the text of a number, true or false.</param>
    public static bool TryFind(ReadOnlySpan<byte> json, ReadOnlySpan<byte[]> path, ref byte[] unescaped, out ReadOnlySpan<byte> value)
    {
        value = default;
        var position = 0;
        for (var step = 0; step < path.Length; step++)
        {
            if (!TryEnterMember(json, path[step], ref position))
            {
                return false;
            }
        }

        return TryReadScalar(json, position, ref unescaped, out value);
    }

    /// <summary>Moves from an object to the value of one of its members.</summary>
    private static bool TryEnterMember(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name, ref int position)
    {
        if (!Take(json, (byte)'{', ref position))
        {
            return false;
        }

        while (true)
        {
            SkipBlank(json, ref position);
            var start = position;
            if (!SkipString(json, ref position, out var isEscaped))
            {
                return false;
            }

            var token = json[start..position];
            if (!Take(json, (byte)':', ref position))
            {
                return false;
            }

            SkipBlank(json, ref position);
            if (Names(token, name, isEscaped))
            {
                return true;
            }

            if (!SkipValue(json, ref position) || !Take(json, (byte)',', ref position))
            {
                return false;
            }
        }
    }

    private static bool TryReadScalar(ReadOnlySpan<byte> json, int position, ref byte[] unescaped, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (position >= json.Length || json[position] is (byte)'{' or (byte)'[' or (byte)'n')
        {
            return false;
        }

        var start = position;
        if (json[position] != '"')
        {
            var length = json[start..].IndexOfAny(_scalarEnd);
            value = length < 0 ? json[start..] : json.Slice(start, length);
            return value.Length > 0;
        }

        if (!SkipString(json, ref position, out var isEscaped))
        {
            return false;
        }

        value = json[(start + 1)..(position - 1)];
        return !isEscaped || TryUnescape(json[start..position], ref unescaped, out value);
    }

    private static bool Names(ReadOnlySpan<byte> token, ReadOnlySpan<byte> name, bool isEscaped)
    {
        if (!isEscaped)
        {
            return token[1..^1].SequenceEqual(name);
        }

        var room = new byte[token.Length];
        return TryUnescape(token, ref room, out var unescaped) && unescaped.SequenceEqual(name);
    }

    /// <summary>Escapes are rare enough in keys to let the full reader undo them, and to pay for an exception when they are wrong.</summary>
    private static bool TryUnescape(ReadOnlySpan<byte> token, ref byte[] room, out ReadOnlySpan<byte> text)
    {
        text = default;
        try
        {
            var reader = new Utf8JsonReader(token);
            reader.Read();
            if (room.Length < token.Length)
            {
                room = new byte[token.Length];
            }

            text = room.AsSpan(0, reader.CopyString(room));
            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static bool SkipValue(ReadOnlySpan<byte> json, ref int position)
    {
        var depth = 0;
        do
        {
            SkipBlank(json, ref position);
            if (position >= json.Length)
            {
                return false;
            }

            switch (json[position])
            {
                case (byte)'"':
                    if (!SkipString(json, ref position, out _))
                    {
                        return false;
                    }

                    break;
                case (byte)'{' or (byte)'[':
                    position++;
                    if (++depth > DepthMax)
                    {
                        return false;
                    }

                    break;
                case (byte)'}' or (byte)']':
                    position++;
                    depth--;
                    break;
                case (byte)',' or (byte)':' when depth > 0:
                    position++;
                    break;
                default:
                    var length = json[position..].IndexOfAny(_structure);
                    if (length <= 0)
                    {
                        return false;
                    }

                    position += length;
                    break;
            }
        }
        while (depth > 0);

        return depth == 0;
    }

    private static bool SkipString(ReadOnlySpan<byte> json, ref int position, out bool isEscaped)
    {
        isEscaped = false;
        if (position >= json.Length || json[position] != '"')
        {
            return false;
        }

        position++;
        if (Vector256.IsHardwareAccelerated && json.Length - position >= Vector256<byte>.Count)
        {
            // Most strings end within one vector, and a call costs more than that.
            var text = Vector256.Create(json.Slice(position, Vector256<byte>.Count));
            var ends = (Vector256.Equals(text, Vector256.Create((byte)'"')) | Vector256.Equals(text, Vector256.Create((byte)'\\'))).ExtractMostSignificantBits();
            var end = position + BitOperations.TrailingZeroCount(ends);
            if (ends != 0 && json[end] == '"')
            {
                position = end + 1;
                return true;
            }
        }

        return SkipLongString(json, ref position, out isEscaped);
    }

    private static bool SkipLongString(ReadOnlySpan<byte> json, ref int position, out bool isEscaped)
    {
        isEscaped = false;
        while (true)
        {
            var found = json[position..].IndexOfAny((byte)'"', (byte)'\\');
            if (found < 0)
            {
                return false;
            }

            position += found;
            if (json[position] == '"')
            {
                position++;
                return true;
            }

            isEscaped = true;
            position += 2;
            if (position > json.Length)
            {
                return false;
            }
        }
    }

    private static bool Take(ReadOnlySpan<byte> json, byte expected, ref int position)
    {
        SkipBlank(json, ref position);
        if (position >= json.Length || json[position] != expected)
        {
            return false;
        }

        position++;
        return true;
    }

    private static void SkipBlank(ReadOnlySpan<byte> json, ref int position)
    {
        while (position < json.Length && json[position] is (byte)' ' or (byte)'\t' or (byte)'\r')
        {
            position++;
        }
    }
}
