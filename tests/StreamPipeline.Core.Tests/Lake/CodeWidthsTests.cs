using Apache.Arrow.Types;
using CsCheck;
using StreamPipeline.Core.Lake.Staging;

namespace StreamPipeline.Core.Tests.Lake;

public sealed class CodeWidthsTests
{
    [Fact]
    public void Codes_made_narrow_and_wide_again_are_the_same() =>
        Gen.Select(Gen.Int[sbyte.MinValue, sbyte.MaxValue].Array[0, 700], Gen.Int[0, 2]).Sample((codes, size) =>
        {
            (IntegerType Type, int Width, int Factor)[] sizes = [(Int8Type.Default, 1, 1), (Int16Type.Default, 2, 256), (Int32Type.Default, 4, 1 << 24)];
            var (type, width, factor) = sizes[size];
            var values = codes.Select(code => code * factor).ToArray();
            var (narrow, wide) = (new byte[values.Length * width], new int[values.Length]);
            CodeWidths.Narrow(values, type, narrow);
            Assert.Equal(values.SelectMany(value => BitConverter.GetBytes(value)[..width]), narrow);
            CodeWidths.Widen(narrow, width, 0, wide);
            Assert.Equal(values, wide);
            var part = new int[values.Length / 2];
            CodeWidths.Widen(narrow, width, values.Length - part.Length, part);
            Assert.Equal(values[^part.Length..], part);
            Assert.True(values.Length == 0 || CodeWidths.RangeOf(narrow, width, values.Length) == (values.Min(), values.Max()));
            Assert.Equal(values, Enumerable.Range(0, values.Length).Select(at => CodeWidths.Of(narrow, width, at)));
        }, iter: 1_000);
}
