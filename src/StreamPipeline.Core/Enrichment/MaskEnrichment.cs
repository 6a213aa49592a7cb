using System.Runtime.InteropServices;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Enrichment;

/// <summary>Replaces the values of a text column by their masks; null stays null.</summary>
internal sealed class MaskEnrichment(ColumnPath path, Masker masker, Schema schema) : IEnrichment
{
    /// <summary>Shortest key, bytes: 128 bits, below which a keyed hash of short values can be searched through.</summary>
    public const int KeyBytesMin = 16;

    public Schema Output => schema;

    /// <summary>Segments of the field's path in the JSON text.</summary>
    public string[] Segments => path.Names;

    public Masker Masker => masker;

    /// <summary>Null when something is wrong with the step, which is then among the problems.</summary>
    /// <param name="step">As parsed.</param>
    /// <param name="index">Of the step.</param>
    /// <param name="contract">What may be masked.</param>
    /// <param name="input">What the step finds: the contract's columns and those that earlier lookups added.</param>
    /// <param name="source">Where settings stand.</param>
    /// <param name="environment">Value of an environment variable; null when it is not set.</param>
    /// <param name="problems">Where to add what is wrong.</param>
    public static MaskEnrichment? Bind(
        MaskStep step, int index, Schema contract, Schema input, SourceMap source, Func<string, string?> environment, ProblemList problems)
    {
        var setting = $"enrich[{index}].mask";
        var path = ColumnPath.Find(contract, step.Field);
        if (path is null)
        {
            problems.Add(source.At($"{setting}.field"), $"the mask's field '{step.Field}' is not in the contract", NearestName.Suggest(step.Field, ColumnPath.PathsOf(contract).Select(known => known.Path)));
        }
        else if (path.Type is not StringType)
        {
            problems.Add(
                source.At($"{setting}.field"),
                $"the mask's field '{step.Field}' is {path.Type.Name} in the contract, only strings can be masked",
                "mask a field of type string without a date format");
            path = null;
        }

        var key = Encoding.UTF8.GetBytes(environment(step.KeyVariable) ?? "");
        if (key.Length < KeyBytesMin)
        {
            problems.Add(
                source.At($"{setting}.keyVariable"),
                key.Length == 0
                    ? $"the environment variable {step.KeyVariable}, which holds the key of the mask, is not set"
                    : $"the environment variable {step.KeyVariable} holds a key of {key.Length} bytes, at least {KeyBytesMin} are needed",
                $"set it to a secret of its own, for example: export {step.KeyVariable}=\"$(openssl rand -hex 32)\"");
            return null;
        }

        return path is null ? null : new MaskEnrichment(path, new Masker(key), input);
    }

    public RecordBatch Apply(RecordBatch rows, EnrichCounts counts, ColumnBuffers? memory)
    {
        var columns = new IArrowArray[rows.ColumnCount];
        for (var i = 0; i < columns.Length; i++)
        {
            columns[i] = rows.Column(i);
        }

        columns[path.Indexes[0]] = Replace(columns[path.Indexes[0]], depth: 1, memory);
        return new RecordBatch(schema, columns, rows.Length);
    }

    private IArrowArray Replace(IArrowArray array, int depth, ColumnBuffers? memory)
    {
        if (depth == path.Indexes.Length)
        {
            var strings = (StringArray)array;
            var masked = Mask(strings, memory);
            strings.Dispose();
            return masked;
        }

        var structure = (StructArray)array;
        var children = structure.Fields.ToArray();
        var child = path.Indexes[depth];
        children[child] = Replace(children[child], depth + 1, memory);
        return new StructArray(structure.Data.DataType, structure.Length, children, NullBitmap(structure), structure.NullCount);
    }

    private StringArray Mask(StringArray values, ColumnBuffers? memory)
    {
        var texts = new TextColumn(values);
        var (offsetBytes, maskBytes) = ((values.Length + 1) * sizeof(int), checked((values.Length - values.NullCount) * Masker.MaskBytes));
        var bytes = memory?.Rent(offsetBytes) ?? new byte[offsetBytes];
        var masks = memory?.Rent(maskBytes) ?? new byte[maskBytes];
        var offsets = MemoryMarshal.Cast<byte, int>(bytes.AsSpan());
        var at = 0;
        offsets[0] = 0;
        for (var row = 0; row < values.Length; row++)
        {
            if (values.IsValid(row))
            {
                masker.Mask(texts[row], masks.AsSpan(at, Masker.MaskBytes));
                at += Masker.MaskBytes;
            }

            offsets[row + 1] = at;
        }

        return new StringArray(
            values.Length, new ArrowBuffer(bytes.AsMemory(0, offsetBytes)), new ArrowBuffer(masks.AsMemory(0, maskBytes)), NullBitmap(values), values.NullCount);
    }

    /// <summary>A copy that starts at bit 0: the fields of a sliced struct are sliced already, its bitmap is not.</summary>
    private static ArrowBuffer NullBitmap(IArrowArray array)
    {
        if (array.NullCount == 0)
        {
            return ArrowBuffer.Empty;
        }

        var builder = new ArrowBuffer.BitmapBuilder(array.Length);
        for (var row = 0; row < array.Length; row++)
        {
            builder.Append(array.IsValid(row));
        }

        return builder.Build();
    }
}
