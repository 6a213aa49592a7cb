using System.Text.Json;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>What stands between the values of one document.</summary>
/// <param name="strangers">Members beside the contract.</param>
internal sealed class DocumentOutline(Strangers strangers)
{
    /// <summary>Longer texts are rare, and are read by the plans.</summary>
    private const int TextBytesMax = 4_096;

    private int _from;
    private LayoutMembers _members = new();

    /// <summary>In the order of the text; the last one is what follows the last value.</summary>
    public List<LayoutStep> Steps { get; } = [];

    /// <summary>Of all of them together.</summary>
    public int TextBytes => Steps.Sum(step => step.TextLength);

    /// <summary>False: it has very many members beside the contract, or one within an object, a list of objects within an object, or a very long text between two values.</summary>
    /// <param name="document">From brace to brace, as the plans accepted it.</param>
    /// <param name="root">The plan of whole documents.</param>
    public bool TryTake(ReadOnlySpan<byte> document, ObjectPlan root)
    {
        var reader = new Utf8JsonReader(document, new JsonReaderOptions { MaxDepth = int.MaxValue });
        reader.Read();
        if (!TryTakeObject(document, ref reader, root) || document.Length - _from > TextBytesMax)
        {
            return false;
        }

        Steps.Add(new LayoutStep(document[_from..], _members));
        return true;
    }

    private bool TryTakeObject(ReadOnlySpan<byte> document, ref Utf8JsonReader reader, ObjectPlan plan)
    {
        var last = MemberOrder.Start;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (index, value) = MemberAt(plan, last + 1, ref reader);
            if (value is null)
            {
                return false;
            }

            _members.Passed.Add((plan, last, index));
            last = index;
            var (nameAt, nameLength) = ((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
            reader.Read();
            if (!TryTakeValue(document, ref reader, value, nameAt, nameLength))
            {
                return false;
            }
        }

        _members.Passed.Add((plan, last, MemberOrder.End));
        _members.Closed.Add(plan.Column);
        return true;
    }

    private bool TryTakeValue(ReadOnlySpan<byte> document, ref Utf8JsonReader reader, ValuePlan value, int nameAt, int nameLength)
    {
        if (value is ObjectPlan child)
        {
            // No object is text too: it has no value of its own that could be another one.
            if (reader.TokenType == JsonTokenType.Null)
            {
                _members.Null.Add(child.Column);
                return true;
            }

            return TryTakeObject(document, ref reader, child);
        }

        var start = (int)reader.TokenStartIndex;
        if ((value.IsContainer && reader.CurrentDepth > 1) || start - _from > TextBytesMax)
        {
            return false;
        }

        Steps.Add(new LayoutStep(document[_from..start], _members, value, nameAt - _from, nameLength));
        reader.Skip();
        _from = (int)reader.BytesConsumed;
        _members = new LayoutMembers();
        return true;
    }

    /// <summary>The member that is named there; no plan: it is beside the contract, and not to be remembered.</summary>
    /// <param name="plan">Of the object.</param>
    /// <param name="expected">The index that it has most often.</param>
    /// <param name="reader">At the name.</param>
    private (int Index, ValuePlan? Value) MemberAt(ObjectPlan plan, int expected, ref Utf8JsonReader reader)
    {
        for (var i = 0; i < plan.Members.Length; i++)
        {
            var index = (expected + i) % plan.Members.Length;
            if (reader.ValueTextEquals(plan.Members[index].Name))
            {
                return (index, plan.Members[index].Value);
            }
        }

        // Within an object it would have a place of its own in _extra.
        var stranger = reader.CurrentDepth == 1 ? strangers.Of(reader.GetString()!) : null;
        return (stranger?.Index ?? 0, stranger);
    }
}
