namespace StreamPipeline.Tests.Aws;

/// <summary>What can go wrong between a client and a service.</summary>
public enum ProxyFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Turned away with the service's own throttle; not applied.</summary>
    Throttled,

    /// <summary>A transaction cancelled by a conflict with another one; not applied. For other calls: throttled.</summary>
    Conflict,

    /// <summary>500 in the service's own form; not applied.</summary>
    ServerError,

    /// <summary>Applied, and the connection breaks before the answer: what a client sees as a timeout.</summary>
    LostAnswer,

    /// <summary>The connection breaks before the call gets through; not applied.</summary>
    Reset,

    /// <summary>Some entries of a batch are applied and the others are not, and the answer says which. For calls that are no batch: none.</summary>
    Partial,
}

/// <param name="Service"><c>dynamodb</c>, <c>kinesis</c>, <c>firehose</c> or <c>s3</c>.</param>
/// <param name="Operation">Such as <c>PutRecords</c>; for S3 the HTTP method.</param>
/// <param name="Target">Path and query.</param>
/// <param name="Identity">The same for repetitions of a call.</param>
public sealed record ProxiedCall(string Service, string Operation, string Target, string Identity)
{
    /// <summary>The header <c>X-Amzn-Trace-Id</c>; null without one.</summary>
    public string? Trace { get; init; }
}

/// <summary>Faults by dice: seeded, and each call gets through in the end.</summary>
/// <param name="seed">Tells the dice.</param>
/// <param name="rate">Share of calls that meet a fault, 0 to 1.</param>
/// <param name="perCallMax">Faults that a call and its repetitions meet at most: fewer than the attempts a client makes.</param>
public sealed class FaultMix(int seed, double rate, int perCallMax)
{
    private static readonly ProxyFault[] Kinds =
        [ProxyFault.Throttled, ProxyFault.Conflict, ProxyFault.ServerError, ProxyFault.LostAnswer, ProxyFault.Reset, ProxyFault.Partial];

    private readonly Lock _lock = new();
    private readonly Random _dice = new(seed);
    private readonly Dictionary<string, int> _met = [];

    public ProxyFault Choose(ProxiedCall call)
    {
        lock (_lock)
        {
            var met = _met.GetValueOrDefault(call.Identity);
            if (met >= perCallMax || _dice.NextDouble() >= rate)
            {
                return ProxyFault.None;
            }

            _met[call.Identity] = met + 1;
            return Kinds[_dice.Next(Kinds.Length)];
        }
    }
}
