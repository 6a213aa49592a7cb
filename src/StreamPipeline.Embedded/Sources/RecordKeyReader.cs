using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace StreamPipeline.Embedded.Sources;

/// <summary>
/// The partition key that a producer gives a line: the value of a field, or, where the line has none (it is no JSON up to it, or the field is absent,
/// empty or no scalar), a hash of the line, which spreads such lines evenly. Not thread-safe.
/// </summary>
/// <param name="dottedPath">Field that holds the key, such as <c>user.id</c>; null: every line gets its hash.</param>
public sealed class RecordKeyReader(string? dottedPath)
{
    private readonly byte[][] _path = dottedPath is null ? [] : [.. dottedPath.Split('.').Select(Encoding.UTF8.GetBytes)];
    private byte[] _unescaped = new byte[256];

    /// <summary>Never empty; may be longer than Kinesis allows.</summary>
    public string KeyOf(ReadOnlySpan<byte> line) =>
        _path.Length > 0 && JsonFieldFinder.TryFind(line, _path, ref _unescaped, out var key) && key.Length > 0
            ? Encoding.UTF8.GetString(key)
            : XxHash128.HashToUInt128(line).ToString("x32", CultureInfo.InvariantCulture);
}
