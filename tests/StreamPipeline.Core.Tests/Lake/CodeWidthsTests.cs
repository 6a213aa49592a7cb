using CsCheck;
using StreamPipeline.Core.Lake.Staging;

namespace StreamPipeline.Core.Tests.Lake;

public sealed class CodeWidthsTests
{
    [Fact]
    public void Codes_made_narrow_and_wide_again_are_the_same() =>
        Gen.Int[sbyte.MinValue, sbyte.MaxValue].Array[0, 700].Sample(codes =>
        {
            var (bytes, wide) = (new sbyte[codes.Length], new int[codes.Length]);
            CodeWidths.Narrow(codes, bytes);
            Assert.Equal(codes.Select(code => (sbyte)code), bytes);
            CodeWidths.Widen(bytes, wide);
            Assert.Equal(codes, wide);

            var larger = codes.Select(code => code * 256).ToArray();
            var shorts = new short[codes.Length];
            CodeWidths.Narrow(larger, shorts);
            Assert.Equal(larger.Select(code => (short)code), shorts);
            CodeWidths.Widen(shorts, wide);
            Assert.Equal(larger, wide);
        }, iter: 1_000);
}
