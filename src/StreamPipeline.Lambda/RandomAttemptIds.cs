using System.Security.Cryptography;
using StreamPipeline.Core.Commit;

namespace StreamPipeline.Lambda;

/// <summary>128 random bits in lower-case hex.</summary>
internal sealed class RandomAttemptIds : IAttemptIds
{
    public string Next() => RandomNumberGenerator.GetHexString(32, lowercase: true);
}
