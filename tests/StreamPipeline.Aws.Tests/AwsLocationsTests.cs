namespace StreamPipeline.Aws.Tests;

public sealed class AwsLocationsTests
{
    [Theory]
    [InlineData("s3://my-lake", "my-lake", "")]
    [InlineData("s3://my-lake/", "my-lake", "")]
    [InlineData("S3://my.lake.2/a/b=c/", "my.lake.2", "a/b=c")]
    public void A_lake_in_s3_has_a_bucket_and_a_prefix(string text, string bucket, string prefix)
    {
        Assert.Equal(new S3Location(bucket, prefix), AwsLocations.S3(text, out var problem));
        Assert.Equal("", problem);
    }

    [Theory]
    [InlineData("/tmp/lake", "does not have the form s3://bucket or s3://bucket/prefix")]
    [InlineData("s3://", "the bucket name has 0 characters and 3 to 63 are allowed")]
    [InlineData("s3:///prefix", "the bucket name has 0 characters and 3 to 63 are allowed")]
    [InlineData("s3://My-Lake", "a bucket name has only lower-case letters")]
    [InlineData("s3://lake_1/x", "a bucket name has only lower-case letters")]
    [InlineData("s3://-lake", "starts and ends with a letter or digit")]
    [InlineData("s3://a..b", "no two dots in a row")]
    [InlineData("s3://user:secret@lake", "a bucket name has only lower-case letters")]
    [InlineData("s3://lake//x", "it starts or ends with a slash or holds two in a row")]
    [InlineData("s3://lake/../x", "it holds the segment '..'")]
    public void What_is_no_lake_in_s3_is_refused_with_the_reason(string text, string reason)
    {
        Assert.Null(AwsLocations.S3(text, out var problem));
        Assert.Contains(reason, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dynamodb://state", "state", "")]
    [InlineData("dynamodb://State_1.x-y", "State_1.x-y", "")]
    [InlineData("dynamodb://ab", null, "the table name has 2 characters and 3 to 255 are allowed")]
    [InlineData("dynamodb://a/b/c", null, "a table name has only letters, digits, '_', '.' and '-'")]
    [InlineData("state.db", null, "does not have the form dynamodb://table")]
    public void A_table_has_a_name(string text, string? table, string reason)
    {
        Assert.Equal(table, AwsLocations.DynamoDbTable(text, out var problem));
        Assert.Contains(reason, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kinesis://flights", "flights", "")]
    [InlineData("kinesis://", null, "the stream name has 0 characters and 1 to 128 are allowed")]
    [InlineData("kinesis://a b", null, "a stream name has only letters, digits, '_', '.' and '-'")]
    public void A_stream_has_a_name(string text, string? stream, string reason)
    {
        Assert.Equal(stream, AwsLocations.KinesisStream(text, out var problem));
        Assert.Contains(reason, problem, StringComparison.Ordinal);
    }
}
