using System.Buffers;
using System.Text;
using System.Text.Json;

namespace StreamPipeline.Core.Enrichment;

/// <summary>Replaces masked fields within JSON text and leaves every other byte as it is.</summary>
internal sealed class RawMask
{
    private const int DepthMax = 512;

    private static readonly JsonReaderOptions _options = new() { MaxDepth = DepthMax, AllowMultipleValues = true };

    private readonly Node _root = new();

    public RawMask(IEnumerable<MaskEnrichment> masks)
    {
        foreach (var mask in masks)
        {
            MasksAnything = true;
            _root.Add(mask.Segments, mask.Masker);
        }
    }

    public bool MasksAnything { get; }

    public ReadOnlyMemory<byte> Mask(ReadOnlyMemory<byte> raw, out bool withheld)
    {
        withheld = false;
        if (!MasksAnything)
        {
            return raw;
        }

        try
        {
            var masked = new ArrayBufferWriter<byte>(raw.Length + Masker.MaskBytes + 2);
            Rewrite(raw.Span, masked);
            return masked.WrittenMemory;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Not JSON, or names that are not text. Quarantine is the cold path.
            withheld = true;
            return ReadOnlyMemory<byte>.Empty;
        }
    }

    private void Rewrite(ReadOnlySpan<byte> raw, ArrayBufferWriter<byte> masked)
    {
        var reader = new Utf8JsonReader(raw, _options);
        var open = new Stack<Container>();
        Node? member = null;
        var copied = 0;
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    var container = open.Peek();
                    RequireFirst(ref reader, container.Names!);
                    member = container.Place?.Find(ref reader);
                    continue;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    open.Pop();
                    continue;
            }

            var place = open.Count == 0 ? _root : open.Peek() is { Names: null } array ? array.Place : member;
            if (place is not null && IsMasked(place, reader.TokenType))
            {
                copied = Replace(ref reader, raw, copied, place.AnyMasker(), masked);
            }
            else if (reader.TokenType == JsonTokenType.StartObject)
            {
                open.Push(new Container(place, new HashSet<string>(StringComparer.Ordinal)));
            }
            else if (reader.TokenType == JsonTokenType.StartArray)
            {
                open.Push(new Container(place, null));
            }
        }

        masked.Write(raw[copied..]);
    }

    /// <summary>Whether a value goes whole: a masked field, or what stands on the way to one and is not an object. Null hides nothing.</summary>
    private bool IsMasked(Node place, JsonTokenType type) => type switch
    {
        JsonTokenType.Null => false,
        JsonTokenType.StartObject => place.Masker is not null,
        JsonTokenType.StartArray => place != _root,
        _ => true,
    };

    private static int Replace(
        ref Utf8JsonReader reader, ReadOnlySpan<byte> raw, int copied, Masker masker, ArrayBufferWriter<byte> masked)
    {
        var start = (int)reader.TokenStartIndex;
        var isString = reader.TokenType == JsonTokenType.String;
        byte[]? text = null;
        var length = 0;
        if (isString)
        {
            text = ArrayPool<byte>.Shared.Rent(Math.Max(1, reader.ValueSpan.Length));
            length = reader.CopyString(text);
        }

        reader.Skip();
        var end = (int)reader.BytesConsumed;
        masked.Write(raw[copied..start]);
        var room = masked.GetSpan(Masker.MaskBytes + 2);
        room[0] = (byte)'"';
        masker.Mask(isString ? text.AsSpan(0, length) : raw[start..end], room[1..]);
        room[Masker.MaskBytes + 1] = (byte)'"';
        masked.Advance(Masker.MaskBytes + 2);
        if (text is not null)
        {
            ArrayPool<byte>.Shared.Return(text);
        }

        return end;
    }

    private static void RequireFirst(ref Utf8JsonReader reader, HashSet<string> names)
    {
        if (!names.Add(reader.GetString()!))
        {
            throw new JsonException("an object names a member twice");
        }
    }

    /// <summary>An open object or array.</summary>
    /// <param name="Place">For an object, where its members are looked up; for an array, what its elements are; null: nothing in it is masked.</param>
    /// <param name="Names">Members seen so far; null for an array.</param>
    private readonly record struct Container(Node? Place, HashSet<string>? Names);

    /// <summary>The tree of masked names.</summary>
    private sealed class Node
    {
        private readonly List<(byte[] Name, Node Node)> _children = [];

        /// <summary>Set where a masked path ends.</summary>
        public Masker? Masker { get; private set; }

        public void Add(ReadOnlySpan<string> segments, Masker masker)
        {
            if (segments.IsEmpty)
            {
                Masker ??= masker;
                return;
            }

            var name = Encoding.UTF8.GetBytes(segments[0]);
            var child = _children.Find(candidate => candidate.Name.AsSpan().SequenceEqual(name)).Node;
            if (child is null)
            {
                child = new Node();
                _children.Add((name, child));
            }

            child.Add(segments[1..], masker);
        }

        public Node? Find(ref Utf8JsonReader reader)
        {
            foreach (var (name, node) in _children)
            {
                if (reader.ValueTextEquals(name))
                {
                    return node;
                }
            }

            return null;
        }

        public Masker AnyMasker() => Masker ?? _children[0].Node.AnyMasker();
    }
}
