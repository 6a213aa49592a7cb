using System.Text.Encodings.Web;
using System.Text.Json;

namespace StreamPipeline.Cli.Output;

/// <summary>How JSON is written on standard output.</summary>
internal static class JsonText
{
    /// <summary>Text stays readable: the output goes to programs and people, never into HTML.</summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
