using CsCheck;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Tests.Lake;

public sealed class ParquetTableFileTests
{
    [Fact]
    public async Task Every_value_of_every_schema_comes_back()
    {
        await ArrowGen.Schemas.SelectMany(schema => ArrowGen.MaybeSliced(schema, 40).Array[0, 4].Select(batches => (schema, batches)))
            .SampleAsync(async (schema, batches) =>
            {
                var file = await ParquetTableFile.Write(schema, batches, CancellationToken.None);
                var read = await ParquetTableFile.Read(file, CancellationToken.None);
                Assert.Equal(batches.SelectMany(b => ArrowGen.Render(b)), ArrowGen.Render(read));
            }, iter: 300, print: _ => "batches");
    }
}
