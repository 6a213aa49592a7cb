namespace StreamPipeline.Aws.Tests.Structure;

public sealed class LayerTests
{
    [Fact]
    public void Of_ours_this_layer_knows_only_the_core() => Assert.Equal(
        ["StreamPipeline.Core"],
        typeof(AwsClients).Assembly.GetReferencedAssemblies().Select(assembly => assembly.Name).Where(name => name!.StartsWith("StreamPipeline", StringComparison.Ordinal)));

    [Fact]
    public void Every_other_package_is_the_SDK_or_the_framework() => Assert.All(
        typeof(AwsClients).Assembly.GetReferencedAssemblies(),
        assembly => Assert.Matches("^(System|AWSSDK|StreamPipeline)", assembly.Name!));
}
