using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace StreamPipeline.Core.Configuration;

/// <summary>
/// Some malformed texts make the YAML scanner throw exceptions meant for its own bugs (InvalidOperationException for a '#' in the wrong
/// place of a flow mapping). To the user they are all the same: the text is not YAML, near here.
/// </summary>
internal sealed class GuardedParser(string text) : IParser
{
    private readonly Parser _inner = new(new StringReader(text));

    public ParsingEvent? Current => _inner.Current;

    public bool MoveNext()
    {
        try
        {
            return _inner.MoveNext();
        }
        catch (Exception error) when (error is not YamlException)
        {
            var near = _inner.Current?.End ?? Mark.Empty;
            throw new YamlException(near, near, "it cannot be read on from here", error);
        }
    }
}
