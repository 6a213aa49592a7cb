using System.Text;
using System.Text.Json;
using StreamPipeline.Core.Decoding.Json;
using StreamPipeline.Core.Tests.Decoding.Compiled;

namespace StreamPipeline.Core.Tests.Decoding;

/// <summary>Where a document breaks is told without an exception where that is possible, and as the reader that throws tells it.</summary>
public sealed class DocumentScannerTests
{
    private static readonly byte[][] Documents =
    [
        .. new[]
        {
            """{"a":"b\\c\n\u00e9d\ud83d\ude00","n":-12.5e+3,"t":true,"f":false,"z":null,"o":{"x":[1,2,{"y":"q"}],"e":{},"é":[]},"s":"x\"y" , "w" : 0.25 ,"u":"naïve" }""",
            """[1,["a",-2.0e1 , {}],true]""", "\"text\"", "12", "-1.5e3", "true", "nul", "-", """{"a":1.}""", """{"a":01}""", """{"a" 1}""", """{"a":tru1}""", "{\"a\":\"\t\"}", "{\"a\":1,}", "[1,]", "x",
            "{\"a\"\n:\n1 ,\n\"b\":2\n}\n{",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    [Fact]
    public void A_document_cut_anywhere_breaks_where_the_reader_of_the_whole_text_says()
    {
        using var scanner = new DocumentScanner(depthMax: 64);
        foreach (var document in Documents.Concat(SampleEvents.All.SelectMany(sample => sample.Lines.Take(20))))
        {
            for (var length = 1; length <= document.Length; length++)
            {
                var text = document.AsSpan(0, length);
                var scan = scanner.Scan(text);
                Assert.Equal(Thrown(text), (scan.IsWellFormed ? scan.Length : -1, scan.IsWellFormed ? -1 : scan.BreakAt));
            }
        }
    }

    [Fact]
    public void A_document_cut_short_is_told_without_an_exception()
    {
        using var scanner = new DocumentScanner(depthMax: 64);
        var thrown = 0;
        void Count(object? sender, System.Runtime.ExceptionServices.FirstChanceExceptionEventArgs e) =>
            thrown += e.Exception is JsonException && Environment.CurrentManagedThreadId == _thread ? 1 : 0;

        _thread = Environment.CurrentManagedThreadId;
        AppDomain.CurrentDomain.FirstChanceException += Count;
        try
        {
            Assert.False(scanner.Scan("""{"event_id":"0190","meas"""u8).IsWellFormed);
        }
        finally
        {
            AppDomain.CurrentDomain.FirstChanceException -= Count;
        }

        Assert.Equal(0, thrown);
    }

    private int _thread;

    /// <summary>Length of the document, and where it breaks.</summary>
    private static (int Length, int BreakAt) Thrown(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = int.MaxValue });
        try
        {
            while (reader.Read())
            {
                if (reader.CurrentDepth == 0 && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
                {
                    return ((int)reader.BytesConsumed, -1);
                }
            }

            return (-1, text.Length);
        }
        catch (JsonException error)
        {
            var start = 0;
            for (var line = error.LineNumber!.Value; line > 0; line--)
            {
                start += text[start..].IndexOf((byte)'\n') + 1;
            }

            return (-1, (int)Math.Min(text.Length, start + error.BytePositionInLine!.Value));
        }
    }
}
