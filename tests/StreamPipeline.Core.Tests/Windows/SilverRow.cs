using Apache.Arrow;
using Apache.Arrow.Types;
using CsCheck;

namespace StreamPipeline.Core.Tests.Windows;

/// <summary>One row of a small silver table with a column of every scalar type, nulls, and a struct.</summary>
internal sealed record SilverRow(
    long TimeUs, string? Origin, long? Delay, double? Price, bool? Vip, int? Day, long? Seen, bool UserPresent, string? City)
{
    public static readonly Schema Schema = new(
        [
            new Field("origin", StringType.Default, true),
            new Field("delay", Int64Type.Default, true),
            new Field("price", DoubleType.Default, true),
            new Field("vip", BooleanType.Default, true),
            new Field("day", Date32Type.Default, true),
            new Field("seen", new TimestampType(TimeUnit.Microsecond, "UTC"), true),
            new Field("user", new StructType([new Field("city", StringType.Default, true)]), true),
            new Field("tags", new ListType(StringType.Default), true),
        ],
        null);

    /// <summary>Mostly few values, so that groups meet; sometimes extreme ones.</summary>
    public static readonly Gen<SilverRow> Gen = CsCheck.Gen.Select(
        CsCheck.Gen.Long[-30_000_000, 30_000_000],
        CsCheck.Gen.Select(Text, CsCheck.Gen.Bool, Text),
        CsCheck.Gen.Long[-1000, 1000].Nullable().Select(CsCheck.Gen.Long.Nullable(), CsCheck.Gen.Int[0, 9], (near, far, pick) => pick == 0 ? far : near),
        CsCheck.Gen.Double[-1e6, 1e6].Nullable().Select(Finite.Nullable(), CsCheck.Gen.Int[0, 9], (near, far, pick) => pick == 0 ? far : near),
        CsCheck.Gen.Bool.Nullable(),
        CsCheck.Gen.Int[-3, 3].Nullable(),
        CsCheck.Gen.Long[-5, 5].Nullable(),
        (time, texts, delay, price, vip, day, seen) => new SilverRow(time, texts.Item1, delay, price, vip, day, seen, texts.Item2, texts.Item3));

    private static Gen<string?> Text => CsCheck.Gen.Frequency(
        (6, CsCheck.Gen.OneOf<string?>("ATL", "LAX", "ORD", "", null)),
        (1, CsCheck.Gen.String[CsCheck.Gen.OneOf('a', '\0', 'ÿ', '€'), 0, 6].Select(text => (string?)text)),
        (1, CsCheck.Gen.Int[1000, 1100].Select(length => (string?)new string('é', length))));

    private static Gen<double> Finite => CsCheck.Gen.Double.Where(double.IsFinite);

    /// <summary>Arrow columns of the rows; a slice of a longer batch, so that offsets are exercised.</summary>
    public static RecordBatch Batch(IReadOnlyList<SilverRow> rows)
    {
        var origin = new StringArray.Builder().Append("before");
        var delay = new Int64Array.Builder().Append(7);
        var price = new DoubleArray.Builder().Append(7);
        var vip = new BooleanArray.Builder().Append(true);
        var day = new Date32Array.Builder().Append(DateTime.UnixEpoch);
        var seen = new TimestampArray.Builder(TimeUnit.Microsecond, "UTC").Append(DateTimeOffset.UnixEpoch);
        var city = new StringArray.Builder().Append("before");
        var present = new ArrowBuffer.BitmapBuilder().Append(true);
        var tags = new ListArray.Builder(StringType.Default).Append();
        foreach (var row in rows)
        {
            origin.Append(row.Origin);
            _ = row.Delay is { } delayed ? delay.Append(delayed) : delay.AppendNull();
            _ = row.Price is { } priced ? price.Append(priced) : price.AppendNull();
            _ = row.Vip is { } isVip ? vip.Append(isVip) : vip.AppendNull();
            _ = row.Day is { } days ? day.Append(DateTime.UnixEpoch.AddDays(days)) : day.AppendNull();
            _ = row.Seen is { } at ? seen.Append(DateTimeOffset.UnixEpoch.AddMicroseconds(at)) : seen.AppendNull();
            city.Append(row.City);
            present.Append(row.UserPresent);
            tags.AppendNull();
        }

        var cities = city.Build();
        var user = new StructArray(
            Schema.GetFieldByName("user").DataType, rows.Count + 1, [cities], present.Build(), present.UnsetBitCount);
        return new RecordBatch(
            Schema,
            [
                origin.Build(), delay.Build(), price.Build(), vip.Build(), day.Build(), seen.Build(), user, tags.Build(),
            ],
            rows.Count + 1).Slice(1, rows.Count);
    }

    public static long[] Times(IReadOnlyList<SilverRow> rows) => [.. rows.Select(row => row.TimeUs)];
}
