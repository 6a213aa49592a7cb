using System.Runtime.CompilerServices;
using CsCheck;
using StreamPipeline.Core.Dedup;

namespace StreamPipeline.Core.Tests.Dedup;

public sealed class SeenSetTests
{
    /// <summary>A key, how much later than the one before it arrives (or a little earlier), and whether expired keys are swept before.</summary>
    private static readonly Gen<(int Key, long StepUs, bool Sweep)> Arrival =
        Gen.Select(Gen.Int[0, 300], Gen.Long[-100_000, 900_000], Gen.Int[0, 20].Select(pick => pick == 0));

    [Fact]
    public void It_agrees_with_a_dictionary_of_expiry_times() =>
        Arrival.List[0, 800].Select(Gen.Long[1, 300_000_000]).Sample(
            (arrivals, horizonUs) =>
            {
                var horizon = new SeenHorizon(TimeSpan.FromMicroseconds(horizonUs));
                var seen = new SeenSet(1000);
                var oracle = new Dictionary<int, long>();
                var nowUs = 1_700_000_000_000_000L;
                foreach (var (key, stepUs, sweep) in arrivals)
                {
                    nowUs += stepUs;
                    if (sweep)
                    {
                        // As much earlier as a record can still come.
                        seen.DropExpired(nowUs - (100_000 * arrivals.Count));
                    }

                    var isNew = !oracle.TryGetValue(key, out var expiresAtUs) || expiresAtUs <= nowUs;
                    if (isNew)
                    {
                        oracle[key] = horizon.ExpiresAtUs(nowUs);
                    }

                    Assert.Equal(isNew, seen.Add(Fingerprint(key), nowUs, horizon.ExpiresAtUs(nowUs)));
                }

                Assert.Equal(0, seen.EvictedKeys);
                Assert.True(seen.Count <= oracle.Count);
            },
            iter: 500);

    [Fact]
    public void A_cold_start_from_the_segments_of_batches_cut_anywhere_continues_as_if_it_were_warm() =>
        Arrival.List[0, 400].Select(Gen.Long[1, 100_000_000], Gen.Int[1, 50], Gen.Int).Sample(
            (arrivals, horizonUs, size, seed) =>
            {
                var horizon = new SeenHorizon(TimeSpan.FromMicroseconds(horizonUs));
                var random = new Random(seed);
                var (warm, cold) = (new SeenSet(1000), new SeenSet(1000));
                var stored = new List<byte[]>();
                var added = new List<(UInt128 Fingerprint, long ExpiresAtUs)>();
                var (nowUs, earliestUs) = (1_700_000_000_000_000L, 1_700_000_000_000_000L - (100_000L * arrivals.Count));
                var left = random.Next(size) + 1;
                foreach (var (key, stepUs, _) in arrivals)
                {
                    nowUs += Math.Max(0, stepUs);
                    if (--left == 0)
                    {
                        left = random.Next(size) + 1;
                        foreach (var segment in SeenSegment.Group([.. added.Select(item => item.Fingerprint)], [.. added.Select(item => item.ExpiresAtUs)]))
                        {
                            stored.AddRange(segment.Encode(24 + (12 * random.Next(1, 5))));
                        }

                        added.Clear();
                        cold = new SeenSet(1000);
                        var shuffled = stored.ToArray();
                        random.Shuffle(shuffled);
                        foreach (var part in shuffled)
                        {
                            cold.Load(SeenSegment.Decode(part), earliestUs);
                        }
                    }

                    var expiresAtUs = horizon.ExpiresAtUs(nowUs);
                    var isNew = warm.Add(Fingerprint(key), nowUs, expiresAtUs);
                    Assert.Equal(isNew, cold.Add(Fingerprint(key), nowUs, expiresAtUs));
                    if (isNew)
                    {
                        added.Add((Fingerprint(key), expiresAtUs));
                    }
                }
            },
            iter: 300);

    /// <summary>Those that are kept: in the table and in a segment alike.</summary>
    [Fact]
    public void Keys_that_differ_in_any_of_the_first_96_bits_are_two_and_others_one() =>
        Gen.ULong.Select(Gen.ULong, Gen.Int[0, 127]).Sample((high, low, bit) =>
        {
            using var seen = new SeenSet(1000);
            var key = new UInt128(high, low);
            Assert.True(seen.Add(key, 0, 10));
            Assert.Equal(bit >= 32, seen.Add(key ^ (UInt128.One << bit), 0, 10));
            Assert.False(seen.Add(SeenSegment.KeptOf(key), 0, 10));
        });

    [Fact]
    public void Past_its_bound_the_soonest_to_expire_leave_and_are_counted()
    {
        var seen = new SeenSet(640);
        for (var key = 0; key < 640; key++)
        {
            Assert.True(seen.Add(Fingerprint(key), key, 10_000 + (key / 100 * 100)));
        }

        Assert.Equal((640, 0L), (seen.Count, seen.EvictedKeys));
        Assert.True(seen.Add(Fingerprint(640), 640, 10_600));
        Assert.Equal((631, 10L), (seen.Count, seen.EvictedKeys));
        Assert.Equal(10_000 - 640, seen.ShortenedHorizonUs);

        // The first cohort of ten is gone, all others are known.
        Assert.All(Enumerable.Range(10, 631), key => Assert.False(seen.Add(Fingerprint(key), 641, 10_700)));
        Assert.All(Enumerable.Range(0, 9), key => Assert.True(seen.Add(Fingerprint(key), 641, 10_700)));
    }

    [Fact]
    public void Expired_keys_leave_before_live_ones_and_do_not_count_as_evicted()
    {
        var seen = new SeenSet(100);
        for (var key = 0; key < 100; key++)
        {
            seen.Add(Fingerprint(key), 0, key < 50 ? 1000 : 2000);
        }

        Assert.True(seen.Add(Fingerprint(100), 1000, 3000));
        Assert.Equal((51, 0L, 0L), (seen.Count, seen.EvictedKeys, seen.ShortenedHorizonUs));
        seen.DropExpired(2000);
        Assert.Equal(1, seen.Count);
        Assert.False(seen.Add(Fingerprint(100), 2999, 5000));
        Assert.True(seen.Add(Fingerprint(100), 3000, 5000));
    }

    [Fact]
    public void It_never_holds_more_keys_than_its_bound() =>
        Gen.Int[1, 200].Select(Gen.Int[0, 2000]).Sample((keysMax, keys) =>
        {
            var seen = new SeenSet(keysMax);
            for (var key = 0; key < keys; key++)
            {
                Assert.True(seen.Add(Fingerprint(key), key, 1_000_000 + (key / 10)));
                Assert.InRange(seen.Count, 1, keysMax);
            }

            Assert.Equal(keys, seen.Count + seen.EvictedKeys);
        });

    /// <summary>Few homes, in one part of the set, or the last ones: keys push each other about or to the end, and take the places of those that have left.</summary>
    [Fact]
    public void Crowded_full_and_evicting_it_agrees_with_a_plain_dictionary_of_cohorts() =>
        Gen.Select(Gen.Int[1, 700], Gen.Int[1, 3000], Gen.Int[0, 12], Gen.Int[1, 2000], Gen.Bool, Gen.Int).Sample(
            (keysMax, keys, homeBits, steps, isLast, seed) =>
            {
                var random = new Random(seed);
                var (seen, oracle) = (new SeenSet(keysMax), new SeenOracle(keysMax));
                var mask = isLast ? UInt128.Zero : (UInt128.MaxValue >> (6 + homeBits)) ^ (UInt128.MaxValue >> 38);
                var last = isLast ? (UInt128.MaxValue >> 6) ^ (UInt128.MaxValue >> (6 + Math.Min(homeBits, 8))) : UInt128.Zero;
                var nowUs = 1_700_000_000_000_000L;
                for (var step = 0; step < steps; step++)
                {
                    nowUs += random.Next(-2, 10);
                    var fingerprint = ((Fingerprint(random.Next(keys)) << 6 >> 6) & ~mask) | last;
                    var expiresAtUs = nowUs + random.Next(1, 3000);
                    Assert.Equal(oracle.Add(fingerprint, nowUs, expiresAtUs), seen.Add(fingerprint, nowUs, expiresAtUs));
                    if (random.Next(100) == 0)
                    {
                        oracle.DropExpired(nowUs);
                        seen.DropExpired(nowUs);
                    }

                    Assert.Equal((oracle.Count, oracle.EvictedKeys, oracle.ShortenedHorizonUs), (seen.Count, seen.EvictedKeys, seen.ShortenedHorizonUs));
                }
            },
            iter: 300);

    /// <summary>
    /// Tables at each number of homes that they grow through, and split as often as may be, their keys spread, all below one half, or at the end, some of them of cohorts
    /// that have left.
    /// </summary>
    [Fact]
    public void Tables_that_grow_and_split_keep_the_keys_that_are_there_and_no_others() =>
        Gen.Select(Gen.Int[1, 1200], Gen.Int[0, 6], Gen.Int[0, 1400], Gen.OneOf(0, 0, 1, 4, 10, 20), Gen.OneOf(0, 50, 500), Gen.Bool, Gen.Int).Sample(
            (homesUsual, depthMax, keys, equalBits, lifetime, isLast, seed) =>
            {
                var random = new Random(seed);
                var cohorts = new SeenCohorts(cohortKeysMax: 40);
                using var tables = new SeenTables(Math.Max(1, homesUsual >> random.Next(8)), depthMax);
                var oracle = new Dictionary<UInt128, int>();
                for (var key = 0; key < keys; key++)
                {
                    var spread = Fingerprint(random.Next());
                    var fingerprint = isLast && equalBits > 0 ? spread | ~(UInt128.MaxValue >> Math.Min(equalBits, 6)) : spread >> equalBits;
                    Assert.Equal(oracle.TryGetValue(fingerprint, out var known) && cohorts.IsThere(known), !Unsafe.IsNullRef(ref tables.Of(fingerprint).Find(fingerprint, cohorts, out var at)));
                    if (!cohorts.IsThere(known))
                    {
                        var cohort = cohorts.Join(key / 10);
                        tables.Insert(fingerprint, cohort, at, cohorts);
                        oracle[fingerprint] = cohort;
                    }

                    while (lifetime > 0 && !cohorts.IsEmpty && cohorts.Earliest.ExpiresAtUs < (key - lifetime) / 10)
                    {
                        cohorts.Remove(cohorts.Earliest.Number);
                    }
                }

                foreach (var (fingerprint, cohort) in oracle)
                {
                    ref var found = ref tables.Of(fingerprint).Find(fingerprint, cohorts, out _);
                    Assert.Equal(cohorts.IsThere(cohort), !Unsafe.IsNullRef(ref found));
                    Assert.True(Unsafe.IsNullRef(ref found) || found == cohort);
                }
            },
            iter: 1000);

    [Fact]
    public void Tables_of_usual_size_are_split_and_not_enlarged_whether_their_keys_stay_or_leave() =>
        Gen.Select(Gen.Int[16, 400], Gen.Int[0, 6], Gen.OneOf(0, 20, 100, 400, 2_000), Gen.Int).Sample(
            (homesUsual, depthMax, lifetime, seed) =>
            {
                var random = new Random(seed);
                var cohorts = new SeenCohorts(cohortKeysMax: 40);
                using var tables = new SeenTables(homesUsual, depthMax);
                for (var key = 0; key < (homesUsual << depthMax) * 3 / 5; key++)
                {
                    var fingerprint = Fingerprint(random.Next());
                    if (Unsafe.IsNullRef(ref tables.Of(fingerprint).Find(fingerprint, cohorts, out var at)))
                    {
                        tables.Insert(fingerprint, cohorts.Join(key / 10), at, cohorts);
                    }

                    while (lifetime > 0 && !cohorts.IsEmpty && cohorts.Earliest.ExpiresAtUs < (key - lifetime) / 10)
                    {
                        cohorts.Remove(cohorts.Earliest.Number);
                    }

                    Assert.InRange(tables.HomesLargest, 1, homesUsual);
                }
            },
            iter: 100);

    /// <summary>So large that its tables lie in blocks, more than one of them, and change places with each split.</summary>
    [Fact]
    public void A_large_set_agrees_with_a_plain_dictionary_of_cohorts_beyond_its_bound()
    {
        const int KeysMax = 600_000;
        using var seen = new SeenSet(KeysMax);
        var oracle = new SeenOracle(KeysMax);
        var random = new Random(1);
        for (var step = 0; step < 800_000; step++)
        {
            var fingerprint = Fingerprint(random.Next(2_000_000));
            var expiresAtUs = 1_000_000 + (step / 50_000);
            if (oracle.Add(fingerprint, step, expiresAtUs) != seen.Add(fingerprint, step, expiresAtUs))
            {
                Assert.Fail($"key {step} is not judged as the oracle does");
            }
        }

        Assert.InRange(seen.EvictedKeys, 1, KeysMax);
        Assert.Equal((oracle.Count, oracle.EvictedKeys, oracle.ShortenedHorizonUs), (seen.Count, seen.EvictedKeys, seen.ShortenedHorizonUs));
    }

    /// <summary>More blocks than are kept, so that some are given back to the system meanwhile; one set lives through it all.</summary>
    [Fact]
    public void What_a_set_leaves_to_the_next_one_is_memory_and_no_keys()
    {
        using var living = new SeenSet(1_000_000);
        for (var key = 0; key < 200_000; key++)
        {
            living.Add(Fingerprint(key), 1_000_000, 2_000_000);
        }

        for (var round = 0; round < 3; round++)
        {
            var sets = Enumerable.Range(0, 3).Select(_ => new SeenSet(1_000_000)).ToList();
            foreach (var set in sets)
            {
                Assert.All(Enumerable.Range(0, 150_000), key => Assert.True(set.Add(Fingerprint(key), 1_000_000, 2_000_000)));
                Assert.All(Enumerable.Range(0, 150_000), key => Assert.False(set.Add(Fingerprint(key), 1_000_000, 2_000_000)));
            }

            // A second time as well: what is in the pool already must not get into it again.
            sets.ForEach(set => set.Dispose());
            sets.ForEach(set => set.Dispose());
        }

        Assert.All(Enumerable.Range(0, 200_000), key => Assert.False(living.Add(Fingerprint(key), 1_000_000, 2_000_000)));
        Assert.True(living.Add(Fingerprint(200_000), 1_000_000, 2_000_000));
    }

    [Fact]
    public void A_set_takes_no_more_memory_than_its_bound_whatever_it_is() =>
        Gen.Int[1, 100_000_000].Sample(keysMax =>
        {
            var (homes, depth) = SeenTables.SizeFor(keysMax);
            var bytes = (homes + SeenTable.Spill) * 16L;
            Assert.InRange(bytes, 0, 2 << 20);

            // Four fifths of the homes are filled, when chance is kind; it needs room by the root of the number of keys, and there are places behind the last home.
            Assert.InRange((homes << depth) * 16L, keysMax * 20L, (keysMax * 20L) + ((long)(81 * Math.Sqrt(keysMax * Math.Pow(2, depth))) + (17 << depth)));
        });

    [Fact]
    public void A_cohort_counts_as_one_while_it_is_there_and_any_other_number_as_none() =>
        Gen.Select(Gen.Int[0, 100], Gen.Int[0, 100], Gen.Int).Sample((joined, removed, seed) =>
        {
            var random = new Random(seed);
            var cohorts = new SeenCohorts(cohortKeysMax: 1);
            var there = Enumerable.Range(0, joined).Select(_ => cohorts.Join(random.Next(20))).ToHashSet();
            for (var i = 0; i < removed && !cohorts.IsEmpty; i++)
            {
                var number = random.Next(2) == 0 ? cohorts.Earliest.Number : there.First();
                there.Remove(number);
                cohorts.Remove(number);
            }

            int[] numbers = [.. Enumerable.Range(-2, 140), int.MinValue, int.MaxValue];
            Assert.Equal(numbers.Select(number => there.Contains(number) ? 1 : 0), numbers.Select(cohorts.CountOf));
            Assert.Equal(numbers.Select(there.Contains), numbers.Select(cohorts.IsThere));
        });

    [Fact]
    public void A_batch_of_keys_is_added_as_if_one_after_the_other() =>
        Gen.Select(Gen.Int[1, 6000], Gen.Int[1, 4000], Gen.Int[0, 2500].Array[1, 4], Gen.Long[1, 300_000_000], Gen.Int).Sample(
            (keysMax, keys, sizes, horizonUs, seed) =>
            {
                var random = new Random(seed);
                var horizon = new SeenHorizon(TimeSpan.FromMicroseconds(horizonUs));
                using var seen = new SeenSet(keysMax);
                using var oracle = new SeenSet(keysMax);
                var nowUs = 1_700_000_000_000_000L;
                foreach (var size in sizes)
                {
                    var fingerprints = Enumerable.Range(0, size).Select(_ => Fingerprint(random.Next(keys))).ToArray();
                    var arrivalsUs = fingerprints.Select(_ => nowUs += random.Next(-100_000, 900_000)).ToArray();
                    var isCopy = new bool[size];
                    random.NextBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(isCopy.AsSpan()));
                    seen.Add(fingerprints, arrivalsUs, horizon, isCopy);
                    Assert.Equal(fingerprints.Select((key, row) => !oracle.Add(key, arrivalsUs[row], horizon.ExpiresAtUs(arrivalsUs[row]))), isCopy);
                    Assert.Equal((oracle.Count, oracle.EvictedKeys, oracle.ShortenedHorizonUs), (seen.Count, seen.EvictedKeys, seen.ShortenedHorizonUs));
                }
            },
            iter: 300,
            print: _ => "batches");

    [Fact]
    public void Arrivals_that_are_said_to_share_an_expiry_time_do_and_their_neighbours_do_not() =>
        Gen.Select(Gen.Long[1, 300_000_000_000], Gen.OneOf(Gen.Long[-5, 4_000_000_000_000_000], Gen.Long[253_402_200_000_000_000, long.MaxValue]), Gen.Int).Sample((horizonUs, arrivalUs, seed) =>
        {
            var horizon = new SeenHorizon(TimeSpan.FromMicroseconds(horizonUs));
            var expiry = horizon.ExpiryOf(arrivalUs);
            Assert.True(expiry.IsOf(arrivalUs));
            long[] shared = [arrivalUs, expiry.FirstUs, expiry.LastUs, new Random(seed).NextInt64(expiry.FirstUs, expiry.LastUs)];
            Assert.All(shared, other => Assert.Equal(expiry.ExpiresAtUs, horizon.ExpiresAtUs(other)));
            if (expiry.FirstUs < expiry.LastUs)
            {
                Assert.NotEqual(expiry.ExpiresAtUs, horizon.ExpiresAtUs(expiry.LastUs + 1));
                Assert.True(expiry.FirstUs == 0 || horizon.ExpiresAtUs(expiry.FirstUs - 1) != expiry.ExpiresAtUs);
            }
        });

    [Fact]
    public void Expiry_is_a_bucket_at_least_the_horizon_after_arrival() =>
        Gen.Long[1, 8_640_000_000_000].Select(Gen.Long[-5, 4_000_000_000_000_000]).Sample((horizonUs, arrivalUs) =>
        {
            var horizon = new SeenHorizon(TimeSpan.FromMicroseconds(horizonUs));
            var expiresAtUs = horizon.ExpiresAtUs(arrivalUs);
            Assert.Equal(Math.Max(1_000_000, horizonUs / 96), horizon.BucketUs);
            Assert.Equal(0, expiresAtUs % horizon.BucketUs);
            Assert.InRange(expiresAtUs - Math.Max(0, arrivalUs), horizonUs, horizonUs + horizon.BucketUs - 1);
        });

    private static UInt128 Fingerprint(int key) => System.IO.Hashing.XxHash128.HashToUInt128(BitConverter.GetBytes(key));
}
