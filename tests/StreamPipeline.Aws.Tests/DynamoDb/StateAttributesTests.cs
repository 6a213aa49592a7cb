using StreamPipeline.Aws.DynamoDb;
using StreamPipeline.Core.Commit;

namespace StreamPipeline.Aws.Tests.DynamoDb;

public sealed class StateAttributesTests
{
    [Fact]
    public void What_is_stored_longer_is_deleted_later_and_expires_when_it_did()
    {
        var attributes = StateAttributes.Of(new StateItem("p", "s", 1, "a", default, ExpiresAtUs: 1_700_000_000_000_001, StoredLongerUs: 3_000_000));
        Assert.Equal(("1700000004", "1700000000000001"), (attributes["expires"].N, attributes["expiresUs"].N));
        Assert.Equal(1_700_000_000_000_001, StateAttributes.ToItem(attributes).ExpiresAtUs);
    }
}
