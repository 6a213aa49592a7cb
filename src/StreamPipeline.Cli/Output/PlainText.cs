using System.Text;

namespace StreamPipeline.Cli.Output;

/// <summary>Makes text from events safe to show: a payload must not be able to send escape sequences to the terminal.</summary>
internal static class PlainText
{
    /// <summary>Control characters become <c>\n</c>, <c>\t</c> or <c>\u001B</c>; beyond <paramref name="lengthMax"/> characters the end is cut.</summary>
    public static string Of(string text, int lengthMax = int.MaxValue)
    {
        var cut = text.Length > lengthMax;
        var shown = cut ? text.AsSpan(0, char.IsHighSurrogate(text[lengthMax - 1]) ? lengthMax - 1 : lengthMax) : text;
        var result = new StringBuilder(shown.Length + 1);
        foreach (var c in shown)
        {
            switch (c)
            {
                case '\n':
                    result.Append("\\n");
                    break;
                case '\t':
                    result.Append("\\t");
                    break;
                case '\r':
                    result.Append("\\r");
                    break;
                default:
                    if (char.IsControl(c))
                    {
                        result.Append($"\\u{(int)c:X4}");
                    }
                    else
                    {
                        result.Append(c);
                    }

                    break;
            }
        }

        return cut ? result.Append('…').ToString() : result.ToString();
    }
}
