namespace StreamPipeline.Embedded.Tests;

public sealed class LakeFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lake-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void An_empty_or_missing_folder_becomes_a_lake_and_opens_again()
    {
        var path = Path.Combine(_folder, "a", "lake");

        Assert.Equal(LakeFolder.OpenOrCreate(path).Root, LakeFolder.Open(path).Root);
    }

    [Fact]
    public void A_folder_that_holds_something_else_is_refused_and_left_alone()
    {
        File.WriteAllText(Path.Combine(_folder, "thesis.doc"), "x");

        var error = Assert.Throws<LakeException>(() => LakeFolder.OpenOrCreate(_folder));

        Assert.Equal($"lake {_folder}: the folder holds something else (such as 'thesis.doc') and no lake.json; name an empty or a new folder", error.Message);
        Assert.Equal(["thesis.doc"], Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public void A_file_in_place_of_the_folder_is_refused()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "x");

        Assert.Equal($"lake {file}: this is a file; name a folder", Assert.Throws<LakeException>(() => LakeFolder.OpenOrCreate(file)).Message);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_refused()
    {
        // A file where a parent folder should be: not writable even for root.
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "x");

        var error = Assert.Throws<LakeException>(() => LakeFolder.OpenOrCreate(Path.Combine(file, "lake")));

        Assert.Contains("the folder cannot be written", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_marker_left_half_written_by_a_killed_process_is_no_obstacle()
    {
        File.WriteAllText(Path.Combine(_folder, "lake.json.123.tmp"), "{");

        Assert.Equal(_folder, LakeFolder.OpenOrCreate(_folder).Root);
    }

    [Theory]
    [InlineData("{\"format\":\"other\",\"version\":1}", "says format 'other' version 1")]
    [InlineData("{\"format\":\"streampipeline-lake\",\"version\":2}", "reads 'streampipeline-lake' up to version 1")]
    [InlineData("nonsense", "lake.json cannot be read")]
    [InlineData("{}", "lake.json cannot be read")]
    public void A_marker_of_another_format_is_refused(string marker, string message)
    {
        File.WriteAllText(Path.Combine(_folder, "lake.json"), marker);

        Assert.Contains(message, Assert.Throws<LakeException>(() => LakeFolder.Open(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lake_that_does_not_exist_is_not_opened()
    {
        Assert.Contains("there is no such folder", Assert.Throws<LakeException>(() => LakeFolder.Open(Path.Combine(_folder, "none"))).Message, StringComparison.Ordinal);
        Assert.Contains("the folder has no lake.json", Assert.Throws<LakeException>(() => LakeFolder.Open(_folder)).Message, StringComparison.Ordinal);
    }
}
