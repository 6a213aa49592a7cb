namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>
/// Where row groups and pages end. A dictionary is per row group, so small ones repeat it: files of 35,000 rows in a group are a tenth larger than
/// those of 200,000. A page is what a reader unpacks to get at one row of it.
/// </summary>
internal sealed record ParquetLimits
{
    public static readonly ParquetLimits Usual = new();

    /// <summary>Most rows of a row group.</summary>
    public int GroupRowsMax { get; init; } = 262_144;

    /// <summary>Arrow bytes after which a row group ends; a single row may exceed them.</summary>
    public long GroupBytesMax { get; init; } = 64 << 20;

    /// <summary>Most rows of a page, as in parquet-java.</summary>
    public int PageRowsMax { get; init; } = 65_536;

    /// <summary>Most bytes of a page before encoding; a single row may exceed them.</summary>
    public int PageBytesMax { get; init; } = 1 << 20;
}
