namespace StreamPipeline.Benchmarks.Peers;

/// <summary>One who does the job, in a process of its own: what the JIT or another engine's threads do is then nobody else's processor time.</summary>
internal interface IPeer : IDisposable
{
    /// <summary>The whole job.</summary>
    /// <param name="input">A file of lines, or a folder of Lambda events.</param>
    /// <param name="output">A new folder.</param>
    /// <returns>Silver rows; 0 when only the files tell.</returns>
    Task<long> Run(string input, string output);

    /// <summary>Gets ready to be given a payload again and again.</summary>
    /// <param name="payload">A folder with one Lambda event.</param>
    /// <param name="output">A new folder.</param>
    void Warm(string payload, string output);

    /// <summary>Makes the next payload out of it, which is not part of the time.</summary>
    void Renew();

    /// <summary>The next payload.</summary>
    /// <returns>As of <see cref="Run"/>.</returns>
    Task<long> Commit();
}
