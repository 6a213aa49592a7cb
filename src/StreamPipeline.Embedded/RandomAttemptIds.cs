using System.Security.Cryptography;
using StreamPipeline.Core.Commit;

namespace StreamPipeline.Embedded;

/// <summary>128 random bits in lower-case hex.</summary>
public sealed class RandomAttemptIds : IAttemptIds
{
    public string Next() => RandomNumberGenerator.GetHexString(32, lowercase: true);
}
