using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Contracts;

namespace StreamPipeline.Cli.Generation;

/// <summary>Decides for each field of a contract how its values are invented.</summary>
internal sealed class SourcePlanner(FieldRoles roles, SeededRandom random, string contractFile, ProblemList problems)
{
    private const double AbsentShare = 0.15;
    private const double NullShare = 0.05;
    private const int PoolSize = 40;
    private const int ExtraItems = 4;

    /// <summary>Some key field never repeats; else the generator has to compare whole keys.</summary>
    public bool HasUniqueKey { get; private set; }

    public ObjectSource PlanRoot(Contract contract) => Object(contract.Root);

    private ObjectSource Object(ContractField field)
    {
        var members = new List<MemberSource>(field.Children.Count);
        foreach (var child in field.Children)
        {
            var mustBePresent = roles.MustBePresent(child.Path);
            var source = Plan(child);
            if (child.Nullable && child.Kind != FieldKind.Json && !mustBePresent)
            {
                source = new NullableSource(source, NullShare);
            }

            members.Add(new MemberSource(
                ValueSource.EncodeName(child.Name), source, child.Required || mustBePresent ? 0 : AbsentShare, child.Required, WrongValue(child.Kind)));
        }

        return new ObjectSource(members);
    }

    private ValueSource Plan(ContractField field)
    {
        if (field.Path == roles.EventTime)
        {
            return new EventTimeSource(roles.EventTimeUnitUs);
        }

        var isKey = roles.IsKey(field.Path);
        var source = Value(field, isKey);
        if (roles.IsPool(field.Path) && (field.Kind is FieldKind.String or FieldKind.Integer) && source is not PoolSource && !problems.Any)
        {
            source = KnownToLookup(field) ?? PoolSource.Of(source, random, PoolSize);
        }

        HasUniqueKey |= isKey && source.IsUnique;
        return isKey ? new KeySource(source) : source;
    }

    /// <summary>Some of the values that a lookup has a row for and the contract allows; null when there are none.</summary>
    private PoolSource? KnownToLookup(ContractField field)
    {
        if (!roles.LookupKeys.TryGetValue(field.Path, out var keys) || field.Text is not { Format: TextFormat.None } limits)
        {
            return null;
        }

        var allowed = keys.Where(limits.Allows).ToList();
        var size = Math.Min(PoolSize, allowed.Count);
        // The first steps of a Fisher-Yates shuffle: a sample without repetition.
        for (var i = 0; i < size; i++)
        {
            var other = i + random.Below(allowed.Count - i);
            (allowed[i], allowed[other]) = (allowed[other], allowed[i]);
        }

        return size == 0 ? null : Pool(allowed[..size]);
    }

    private ValueSource Value(ContractField field, bool isKey) => field.Kind switch
    {
        FieldKind.String => Text(field, field.Text ?? new TextLimits(), isKey),
        FieldKind.Timestamp or FieldKind.Date when field.Text is { Values: { } values } => Pool(values),
        FieldKind.Timestamp or FieldKind.Date when field.Text is { Pattern: { } pattern } => CannotInvent(field, $"a {field.Kind} with pattern {pattern}"),
        FieldKind.Timestamp => new TimestampSource(dateOnly: false),
        FieldKind.Date => new TimestampSource(dateOnly: true),
        FieldKind.Integer => Integer(field, field.Number ?? new NumberLimits(), isKey),
        FieldKind.Number => Number(field, field.Number ?? new NumberLimits()),
        FieldKind.Boolean => new BooleanSource(field.OnlyBoolean),
        FieldKind.Object => Object(field),
        FieldKind.List => new ListSource(
            Plan(field.Item!), field.ItemsMin, (int)Math.Min(field.ItemsMax, (long)field.ItemsMin + ExtraItems)),
        _ => new AnySource(),
    };

    private ValueSource Text(ContractField field, TextLimits limits, bool isKey)
    {
        if (limits.Values is { } values)
        {
            return Pool(values);
        }

        if (limits.Pattern is { } pattern)
        {
            if (limits.Format != TextFormat.None)
            {
                return CannotInvent(field, $"a pattern together with format {limits.Format}");
            }

            if (PatternGrammar.Parse(pattern, out var error) is not { } node)
            {
                return CannotInvent(field, $"texts for pattern {pattern}: {error}");
            }

            var source = new PatternSource(node, limits.LengthMin, limits.LengthMax);
            return source.TryDraw(random) ? source : CannotInvent(field, $"texts for pattern {pattern} of {limits.LengthMin:N0} to {limits.LengthMax:N0} characters");
        }

        return limits.Format switch
        {
            TextFormat.Uuid => new UuidSource(),
            TextFormat.Email => new EmailSource(counted: isKey),
            TextFormat.Ipv4 => new Ipv4Source(),
            TextFormat.DateTime => new TimestampSource(dateOnly: false),
            TextFormat.Date => new TimestampSource(dateOnly: true),
            _ when isKey && CountedTextSource.Fits(limits.LengthMax) => new CountedTextSource(limits.LengthMin, limits.LengthMax, needsUnique: true),
            _ => new WordSource(limits.LengthMin, limits.LengthMax),
        };
    }

    private ValueSource Integer(ContractField field, NumberLimits limits, bool isKey)
    {
        var (low, high) = (limits.IntegerMinimum, limits.IntegerMaximum);
        if (limits.IntegerValues is { } values)
        {
            return new PoolSource([.. values.Where(v => v >= low && v <= high).Select(v => System.Text.Encoding.UTF8.GetBytes(FormattableString.Invariant($"{v}")))]);
        }

        long step = 1;
        if (limits.MultipleOf is { } multiple && 1 % multiple != 0)
        {
            if (multiple % 1 != 0 || multiple > 1e15)
            {
                return CannotInvent(field, $"integers that are multiples of {multiple}");
            }

            step = (long)multiple;
        }

        // Without limits: 0 to 100 steps; keys go on as far as they need.
        var isOpen = high == long.MaxValue;
        low = low == long.MinValue ? Math.Min(0, isOpen ? 0 : high - (100 * step)) : low;
        low = CeilingTo(low, step);
        high = isOpen ? (isKey ? high : low + (100 * step)) : high;
        if (low > high)
        {
            return CannotInvent(field, "an integer within its limits");
        }

        var steps = (long)Int128.Min(long.MaxValue / 2, ((Int128)high - low) / step);
        return isKey && steps >= 1_000_000_000_000 ? new CountedIntegerSource(low, step) : new IntegerSource(low, steps, step);
    }

    private ValueSource Number(ContractField field, NumberLimits limits)
    {
        if (limits.Values is { } values)
        {
            return new PoolSource([.. values.Select(v => System.Text.Encoding.UTF8.GetBytes(FormattableString.Invariant($"{v:R}")))]);
        }

        var low = Max(limits.Minimum, limits.ExclusiveMinimum) ?? Math.Min(0, (Min(limits.Maximum, limits.ExclusiveMaximum) ?? 0) - 100);
        var high = Min(limits.Maximum, limits.ExclusiveMaximum) ?? low + (100 * Math.Max(1, limits.MultipleOf ?? 1));
        // Bounds as far as doubles reach are no bounds; their difference would be infinite.
        low = Math.Max(low, -1e15);
        high = Math.Min(high, 1e15);
        if (low > high)
        {
            return CannotInvent(field, "a number within its limits");
        }

        if (limits.MultipleOf is not { } multiple)
        {
            return new DoubleSource(low, high, limits);
        }

        if (multiple is < 1e-15 or > 1e15 || high / multiple > 1e15 || low / multiple < -1e15)
        {
            return CannotInvent(field, $"numbers that are multiples of {multiple}");
        }

        var step = (decimal)multiple;
        var (kLow, kHigh) = ((long)Math.Ceiling((decimal)low / step), (long)Math.Floor((decimal)high / step));
        kLow += (double)(kLow * step) == limits.ExclusiveMinimum ? 1 : 0;
        kHigh -= (double)(kHigh * step) == limits.ExclusiveMaximum ? 1 : 0;
        return kLow > kHigh ? CannotInvent(field, $"a multiple of {multiple} within its limits") : new DecimalSource(step, kLow, kHigh);
    }

    private AnySource CannotInvent(ContractField field, string what)
    {
        problems.Add(
            new Location(contractFile, 0, 0),
            $"generate cannot invent {what}, for field '{field.Path}'",
            "give the field an enum, or a simpler pattern of literals, classes, groups, alternation and counts");
        return new AnySource();
    }

    private static PoolSource Pool(IReadOnlyList<string> values) => new([.. values.Select(ValueSource.Encode)]);

    private static byte[]? WrongValue(FieldKind kind) => kind switch
    {
        FieldKind.Json => null,
        FieldKind.String or FieldKind.Timestamp or FieldKind.Date => "12345"u8.ToArray(),
        _ => "\"n/a\""u8.ToArray(),
    };

    private static long CeilingTo(long value, long step)
    {
        var rest = value % step;
        return rest == 0 ? value : value - rest + (rest > 0 ? step : 0);
    }

    private static double? Max(double? a, double? b) => a is null || b > a ? b : a;

    private static double? Min(double? a, double? b) => a is null || b < a ? b : a;
}
