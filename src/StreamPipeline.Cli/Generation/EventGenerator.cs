using System.IO.Hashing;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Contracts;

namespace StreamPipeline.Cli.Generation;

/// <summary>Writes a seeded stream of events that satisfy a contract, with the defects that real streams have.</summary>
internal sealed class EventGenerator
{
    private const int RecentMax = 64;
    private const int KeyAttemptsMax = 1_000;
    private const double LastTimeUs = 253_370_764_800_000_000;

    private readonly GeneratorOptions _options;
    private readonly ObjectSource _root;
    private readonly EventDraft _draft;
    private readonly LatenessModel _lateness;
    private readonly bool _hasEventTime;
    private readonly long _precisionUs;
    private readonly HashSet<UInt128>? _keys;
    private readonly (MemberSource Member, bool Omit)[] _breaks;

    // Copies of the last good lines, for duplicates.
    private readonly byte[][] _recent = new byte[RecentMax][];
    private long _good;
    private double _clockUs;

    private EventGenerator(GeneratorOptions options, ObjectSource root, EventDraft draft, FieldRoles roles, LatenessModel lateness, bool comparesKeys)
    {
        _options = options;
        _root = root;
        _draft = draft;
        _lateness = lateness;
        _hasEventTime = roles.EventTime is not null;
        _precisionUs = roles.EventTimeUnitUs == 0 ? 1_000 : roles.EventTimeUnitUs;
        _keys = comparesKeys ? [] : null;
        _clockUs = options.Start.UtcTicks / 10.0 - (DateTimeOffset.UnixEpoch.Ticks / 10.0);
        _breaks =
        [
            .. root.Members.Where(member => member.WrongValue is not null).Select(member => (member, false)),
            .. root.Members.Where(member => member.Required).Select(member => (member, true)),
        ];
    }

    /// <summary>Plans how each field is invented.</summary>
    /// <param name="contract">What the events must satisfy.</param>
    /// <param name="settings">Which fields are keys, groups and event time; null: only the contract counts.</param>
    /// <param name="options">How many, and with which defects.</param>
    /// <param name="contractFile">For problems.</param>
    /// <param name="problems">Gets the fields that cannot be invented.</param>
    /// <param name="files">Reads the pipeline's lookup files, so that events match them; null: they are not read.</param>
    /// <returns>Null when a problem was added.</returns>
    public static EventGenerator? Bind(
        Contract contract, PipelineSettings? settings, GeneratorOptions options, string contractFile, ProblemList problems, IConfigurationFiles? files = null)
    {
        var before = problems.Items.Count;
        var roles = settings is null ? FieldRoles.Of(contract) : FieldRoles.Of(settings, files);
        CheckEventTime(contract, settings, problems);
        foreach (var key in settings?.Dedup?.Key ?? [])
        {
            if (contract.Find(key) is null)
            {
                problems.Add(settings!.Source.At("dedup.key"), $"dedup.key: the contract has no field '{key}'", "name a field of the contract");
            }
        }

        var random = new SeededRandom(options.Seed);
        var planner = new SourcePlanner(roles, random, contractFile, problems);
        var root = planner.PlanRoot(contract);
        return problems.Items.Count > before
            ? null
            : new EventGenerator(
                options, root, new EventDraft(random), roles, new LatenessModel(settings), settings?.Dedup is not null && !planner.HasUniqueKey);
    }

    /// <summary>Writes all lines, each ended by LF.</summary>
    public GeneratorCounts Write(Stream output, CancellationToken cancellation)
    {
        if (_clockUs + (2e6 * _options.Events / _options.RatePerSecond) > LastTimeUs)
        {
            throw new CommandException(
                $"{_options.Events:N0} events at {_options.RatePerSecond} per second from {_options.Start:u} on would go beyond the year 9999: use a higher --rate, an earlier --start or fewer --events", ExitCode.Usage);
        }

        long duplicates = 0, malformed = 0, late = 0;
        var random = _draft.Random;
        for (long i = 0; i < _options.Events; i++)
        {
            if ((i & 1023) == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            // Between 0 and twice the mean distance: steady, but not like a clock.
            _clockUs += 2 * random.Unit() * 1e6 / _options.RatePerSecond;
            var defect = random.Unit();
            if (defect < _options.Duplicates && _good > 0)
            {
                output.Write(_recent[(_good - 1 - random.Below((int)Math.Min(_good, RecentMax))) % RecentMax]);
                duplicates++;
                continue;
            }

            defect -= _options.Duplicates;
            if (defect >= 0 && defect < _options.Malformed)
            {
                WriteMalformed(output);
                malformed++;
                continue;
            }

            defect -= _options.Malformed;
            DrawEvent(isLate: defect >= 0 && defect < _options.Late);
            late += _hasEventTime && _lateness.Next(_draft.EventTimeUs) ? 1 : 0;
            Remember();
            output.Write(_draft.Buffer.Written);
        }

        return new GeneratorCounts(_options.Events, _good, duplicates, malformed, late);
    }

    private static void CheckEventTime(Contract contract, PipelineSettings? settings, ProblemList problems)
    {
        if (settings?.EventTime is not { } time)
        {
            return;
        }

        var kind = contract.Find(time.Field)?.Kind;
        if (kind != FieldKind.Timestamp && !(kind == FieldKind.Integer && time.Unit is not null))
        {
            problems.Add(
                settings.Source.At("eventTime.field"),
                kind is null ? $"eventTime.field: the contract has no field '{time.Field}'" : $"eventTime.field: '{time.Field}' is of kind {kind}",
                "name a field with format date-time, or an integer together with eventTime.unit");
        }
    }

    /// <summary>Leaves a valid event with its line end in the buffer.</summary>
    private void DrawEvent(bool isLate)
    {
        var random = _draft.Random;
        var u = random.Unit();
        // Most events are nearly in order, a few are minutes behind.
        var behind = isLate && _good > 0 ? _lateness.BehindUs * (1 + random.Below(3)) : (long)(_lateness.DisorderUs * u * u * u * u);
        var time = (long)_clockUs - behind;
        time -= ((time % _precisionUs) + _precisionUs) % _precisionUs;
        _draft.EventTimeUs = time;
        for (var attempt = 0; attempt < KeyAttemptsMax; attempt++)
        {
            _draft.Ordinal++;
            _draft.KeyValues.Clear();
            _draft.Buffer.Truncate(0);
            _root.Write(_draft);
            if (_keys is null || _keys.Add(KeyHash()))
            {
                _draft.Buffer.Append((byte)'\n');
                return;
            }
        }

        throw new CommandException(
            $"after {_good:N0} events no new value of the dedup key was found in {KeyAttemptsMax:N0} attempts: the contract allows too few; use fewer --events, or add a field to dedup.key", ExitCode.Usage);
    }

    private UInt128 KeyHash()
    {
        var hash = new XxHash128();
        foreach (var (start, end) in _draft.KeyValues)
        {
            hash.Append(_draft.Buffer.Written[start..end]);
            // JSON values cannot hold this byte, so two keys never run into each other.
            hash.Append("\n"u8);
        }

        return hash.GetCurrentHashAsUInt128();
    }

    private void Remember()
    {
        ref var slot = ref _recent[_good % RecentMax];
        var line = _draft.Buffer.Written;
        if (slot is null || slot.Length != line.Length)
        {
            slot = line.ToArray();
        }
        else
        {
            line.CopyTo(slot);
        }

        _good++;
    }

    /// <summary>One of four: a wrong type, a missing member, an array instead of an object, a line cut short.</summary>
    private void WriteMalformed(Stream output)
    {
        var random = _draft.Random;
        var buffer = _draft.Buffer;
        _draft.EventTimeUs = (long)_clockUs;
        _draft.Ordinal++;
        _draft.KeyValues.Clear();
        buffer.Truncate(0);
        switch (random.Below(4))
        {
            case 0 or 1 when _breaks.Length > 0:
                var (member, omit) = _breaks[random.Below(_breaks.Length)];
                _root.Write(_draft, member, omit);
                break;
            case 2:
                buffer.Append((byte)'[');
                _root.Write(_draft);
                buffer.Append((byte)']');
                break;
            default:
                _root.Write(_draft);
                // An object without its closing brace is never JSON.
                buffer.Truncate(1 + random.Below(buffer.Length - 1));
                break;
        }

        buffer.Append((byte)'\n');
        output.Write(buffer.Written);
    }
}
