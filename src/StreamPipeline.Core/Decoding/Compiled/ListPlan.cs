using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>Reads a list.</summary>
/// <param name="field">The list's.</param>
/// <param name="column">Its column.</param>
/// <param name="item">The plan of its items.</param>
/// <param name="level">Its depth; the document's is 1.</param>
internal sealed unsafe class ListPlan(ContractField field, ListColumn column, ValuePlan item, int level) : ValuePlan(column, field.Nullable)
{
    private readonly int _itemsMin = field.ItemsMin;
    private readonly int _itemsMax = field.ItemsMax;

    public override bool IsContainer => item.IsContainer;

    public override byte* Read(byte* at, PlanRow row)
    {
        if (*at != '[')
        {
            return ReadNull(at);
        }

        at = Blank.Skip(at + 1, row.Limit);
        var count = 0;
        if (level > row.DepthMax)
        {
            return null;
        }

        if (*at != ']')
        {
            while (true)
            {
                at = count < _itemsMax && at < row.Limit ? ReadItem(count++, at, row) : null;
                if (at == null)
                {
                    return null;
                }

                if (*at != ',')
                {
                    at = Blank.Skip(at, row.Limit);
                    if (*at != ',')
                    {
                        break;
                    }
                }

                at = Blank.Skip(at + 1, row.Limit);
            }
        }

        if (*at != ']' || count < _itemsMin)
        {
            return null;
        }

        column.Close();
        return at + 1;
    }

    private byte* ReadItem(int index, byte* at, PlanRow row)
    {
        if (!item.IsContainer)
        {
            return item.Read(at, row);
        }

        row.EnterItem(index);
        at = item.Read(at, row);
        row.Leave();
        return at;
    }
}
