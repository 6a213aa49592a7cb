namespace StreamPipeline.Core.Commit;

/// <summary>Names that no other attempt has used or will use. Random in production, counted in tests and the simulator.</summary>
public interface IAttemptIds
{
    /// <summary>1 to 32 characters of <c>[0-9a-z]</c>.</summary>
    string Next();
}
