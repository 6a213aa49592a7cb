using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Columns;

/// <summary>Rows that follow one another.</summary>
/// <param name="Start">The first.</param>
/// <param name="Count">How many, at least one.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RowRun(int Start, int Count)
{
    /// <summary>The runs of some rows in their order.</summary>
    /// <param name="rows">In any order.</param>
    /// <param name="runs">As long as the rows.</param>
    /// <returns>How many runs there are.</returns>
    public static int Of(ReadOnlySpan<int> rows, Span<RowRun> runs)
    {
        var count = 0;
        for (var i = 0; i < rows.Length;)
        {
            var from = i;
            do
            {
                i++;
            }
            while (i < rows.Length && rows[i] == rows[i - 1] + 1);
            runs[count++] = new RowRun(rows[from], i - from);
        }

        return count;
    }
}
