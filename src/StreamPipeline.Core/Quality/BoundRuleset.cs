namespace StreamPipeline.Core.Quality;
public sealed class BoundRuleset { public static void Bind() { } }
