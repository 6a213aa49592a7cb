using System.IO.Hashing;
using Apache.Arrow;
using Apache.Arrow.Types;
using CsCheck;
using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Dedup;

namespace StreamPipeline.Core.Tests.Dedup;

public sealed class KeyFingerprintsTests
{
    private static readonly Schema Contract = new(
        [
            new Field("a", StringType.Default, false),
            new Field("b", StringType.Default, false),
            new Field("n", Int64Type.Default, false),
            new Field("user", new StructType([new Field("ok", BooleanType.Default, false)]), false),
            new Field("maybe", StringType.Default, true),
            new Field("price", DoubleType.Default, false),
            new Field("outer", new StructType([new Field("id", StringType.Default, false)]), true),
        ],
        null);

    [Fact]
    public void Equal_keys_and_only_they_have_equal_fingerprints() =>
        Gen.Select(Gen.String[Gen.Char['a', 'c'], 0, 3], Gen.String[Gen.Char['a', 'c'], 0, 3], Gen.Long[-1, 1], Gen.Bool).Array[1, 60].Select(Gen.ULong, Gen.Int[0, 60]).Sample(
            (keys, seed, cut) =>
            {
                var fingerprints = Compute(keys, seed);
                for (var i = 0; i < keys.Length; i++)
                {
                    for (var j = 0; j < i; j++)
                    {
                        Assert.Equal(keys[i] == keys[j], fingerprints[i] == fingerprints[j]);
                    }
                }

                // Batches do not matter, and the seed does.
                var at = Math.Min(cut, keys.Length);
                Assert.Equal(fingerprints, Compute(keys[..at], seed).Concat(Compute(keys[at..], seed)));
                Assert.NotEqual(fingerprints[0], Compute(keys, seed + 1)[0]);
            });

    /// <summary>Stored segments hold fingerprints: whatever the code does, the same bytes must give the same ones.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(209)]
    [InlineData(210)]
    [InlineData(211)]
    [InlineData(5_000)]
    public void A_fingerprint_is_the_hash_of_kind_length_and_value_of_each_column_however_long_the_key_is(int length)
    {
        const ulong Seed = 42;
        var (text, number) = (new string('x', length), 7L);
        var expected = new List<byte>();
        foreach (var (kind, value, bytes) in new[]
        {
            (ColumnKind.Text, (long)length, System.Text.Encoding.UTF8.GetBytes(text)), (ColumnKind.Text, 1L, "b"u8.ToArray()),
            (ColumnKind.Integer, number, []), (ColumnKind.Boolean, 1L, []),
        })
        {
            expected.Add((byte)kind);
            expected.AddRange(BitConverter.GetBytes(value));
            expected.AddRange(bytes);
        }

        Assert.Equal(XxHash128.HashToUInt128(expected.ToArray(), (long)Seed), Compute([(text, "b", number, true)], Seed)[0]);
    }

    [Fact]
    public void Keys_that_may_be_missing_numbers_and_unknown_names_are_all_reported()
    {
        var problems = new ProblemList();
        Assert.Null(KeyFingerprints.Bind(Settings("maybe", "price", "outer.id", "user", "usr.ok"), Contract, problems));
        string[] expected =
        [
            "pipeline.yaml:5:9: 'maybe' may be null or absent and cannot be a deduplication key: events without it would count as copies of each other (add it, and the objects around it, to 'required' in s.schema.json",
            "'price' is a number and cannot be a deduplication key",
            "'outer.id' may be null or absent",
            "column 'user' is of type struct, not a scalar (name a field of it, such as 'user.ok')",
            "there is no column 'usr.ok' (did you mean 'user.ok'?)",
        ];
        Assert.Equal(expected.Length, problems.Items.Count);
        Assert.All(expected.Zip(problems.Items), pair => Assert.Contains(pair.First, pair.Second.ToString(), StringComparison.Ordinal));
    }

    private static UInt128[] Compute((string A, string B, long N, bool Ok)[] keys, ulong seed)
    {
        var problems = new ProblemList();
        var fingerprints = KeyFingerprints.Bind(Settings("a", "b", "n", "user.ok"), Contract, problems)!;
        var (a, b, n, ok) = (new StringArray.Builder(), new StringArray.Builder(), new Int64Array.Builder(), new BooleanArray.Builder());
        foreach (var key in keys)
        {
            a.Append(key.A);
            b.Append(key.B);
            n.Append(key.N);
            ok.Append(key.Ok);
        }

        var user = new StructArray(Contract.GetFieldByName("user").DataType, keys.Length, [ok.Build()], ArrowBuffer.Empty, 0);
        using var batch = new RecordBatch(Contract, [a.Build(), b.Build(), n.Build(), user], keys.Length);
        var computed = new UInt128[keys.Length];
        fingerprints.Compute(batch, seed, computed);
        return computed;
    }

    private static PipelineSettings Settings(params string[] key) => new()
    {
        Name = "p",
        Stream = "s",
        ContractFile = "s.schema.json",
        EventTime = new EventTimeSettings("t", TimeSpan.Zero, TimeSpan.FromHours(1), null),
        Dedup = new DedupSettings(key, TimeSpan.FromHours(24), DedupScope.Shard, 8_000_000),
        Source = new SourceMap("pipeline.yaml", new Dictionary<string, (int, int)> { ["dedup.key"] = (5, 9) }),
    };
}
