using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Core.Contracts;

/// <summary>Collects a schema's problems once each: a definition that is referred to twice is compiled twice.</summary>
internal sealed class SchemaReport(SchemaFile file, ProblemList problems)
{
    private readonly HashSet<(int Offset, string Message)> _seen = [];

    public void Add(int offset, string message, string fix)
    {
        if (_seen.Add((offset, message)))
        {
            problems.Add(file.At(offset), message, fix);
        }
    }

    /// <summary>A keyword's value as a non-negative integer; null, with a problem, when it is something else.</summary>
    public int? Count(SchemaNode node, string keyword)
    {
        if (node.IsNumber
            && ExactNumber.Parse(System.Text.Encoding.ASCII.GetBytes(node.Text)).TryGetInt64(out var value)
            && value is >= 0 and <= int.MaxValue)
        {
            return (int)value;
        }

        Add(node.Offset, $"'{keyword}' is {node.Shown}", $"write an integer from 0 to {int.MaxValue}");
        return null;
    }
}
