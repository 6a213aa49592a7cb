namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>A member beside the contract, of the document itself: it is kept as it is, which its name takes too (<see cref="ObjectPlan.KeepUnknown"/>).</summary>
/// <param name="root">The plan of whole documents.</param>
/// <param name="index">As of a member of the contract, behind those.</param>
internal sealed unsafe class Stranger(ObjectPlan root, int index) : ValuePlan(root.Column, nullable: false)
{
    public int Index => index;

    public override byte* Read(byte* at, PlanRow row) => throw new InvalidOperationException("a member beside the contract is not read without its name: a bug");
}

/// <summary>Those that documents had, as far as they are remembered.</summary>
/// <param name="root">The plan of whole documents.</param>
internal sealed class Strangers(ObjectPlan root)
{
    private const int CountMax = 256;
    private const int NameLengthMax = 64;

    private readonly Dictionary<string, Stranger> _byName = new(StringComparer.Ordinal);

    /// <summary>Null: there are too many, or the name is too long.</summary>
    /// <param name="name">Without escapes.</param>
    public Stranger? Of(string name)
    {
        if (!_byName.TryGetValue(name, out var known) && _byName.Count < CountMax && name.Length <= NameLengthMax)
        {
            known = new Stranger(root, root.Members.Length + _byName.Count);
            _byName.Add(name, known);
        }

        return known;
    }
}
