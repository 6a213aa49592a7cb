using System.Text;

namespace StreamPipeline.Cli.Generation;

/// <summary>A part of a regular expression from which matching text can be drawn.</summary>
internal abstract class PatternNode
{
    /// <summary>Beyond this, repetitions take their least count, so that nested ones stay small.</summary>
    public const int LengthMax = 1_000;

    public abstract void Draw(SeededRandom random, List<Rune> into);
}

/// <summary>Inclusive ranges of characters, one of which is drawn.</summary>
internal sealed class PatternClass(IReadOnlyList<(int Low, int High)> ranges) : PatternNode
{
    public override void Draw(SeededRandom random, List<Rune> into)
    {
        var size = 0;
        foreach (var (low, high) in ranges)
        {
            size += high - low + 1;
        }

        var at = random.Below(size);
        foreach (var (low, high) in ranges)
        {
            if (at <= high - low)
            {
                into.Add(new Rune(low + at));
                return;
            }

            at -= high - low + 1;
        }
    }
}

internal sealed class PatternSequence(IReadOnlyList<PatternNode> parts) : PatternNode
{
    public override void Draw(SeededRandom random, List<Rune> into)
    {
        foreach (var part in parts)
        {
            part.Draw(random, into);
        }
    }
}

internal sealed class PatternChoice(IReadOnlyList<PatternNode> choices) : PatternNode
{
    public override void Draw(SeededRandom random, List<Rune> into) => choices[random.Below(choices.Count)].Draw(random, into);
}

internal sealed class PatternRepeat(PatternNode part, int countMin, int countMax) : PatternNode
{
    public override void Draw(SeededRandom random, List<Rune> into)
    {
        var count = into.Count > LengthMax ? countMin : random.Between(countMin, countMax);
        for (var i = 0; i < count && into.Count <= LengthMax * 10; i++)
        {
            part.Draw(random, into);
        }
    }
}
