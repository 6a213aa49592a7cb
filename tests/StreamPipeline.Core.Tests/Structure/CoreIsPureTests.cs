using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace StreamPipeline.Core.Tests.Structure;

/// <summary>Core turns bytes into a proposed commit: it must not be able to see a cloud, a clock, a socket or a disk.</summary>
public sealed class CoreIsPureTests
{
    private static readonly string[] AssembliesAllowed =
    [
        "System.", "Apache.Arrow", "CsvHelper", "Google.Protobuf", "Parquet", "YamlDotNet", "ZstdSharp",
    ];

    private static readonly string[] TypesForbidden =
    [
        "System.IO.File", "System.IO.FileStream", "System.IO.Directory", "System.IO.FileInfo", "System.IO.DirectoryInfo",
        "System.Diagnostics.Stopwatch", "System.Diagnostics.Process", "System.Console", "System.Threading.Timer",
    ];

    private static readonly string[] MembersForbidden =
    [
        "DateTime.get_UtcNow", "DateTime.get_Now", "DateTimeOffset.get_UtcNow", "DateTimeOffset.get_Now", "TimeProvider.get_System",
        "Random.get_Shared", "Guid.NewGuid", "RandomNumberGenerator.GetBytes",
    ];

    [Fact]
    public void Core_references_only_pure_packages()
    {
        var foreign = typeof(Pipeline).Assembly.GetReferencedAssemblies()
            .Select(assembly => assembly.Name!)
            .Where(name => !AssembliesAllowed.Any(allowed => name.StartsWith(allowed, StringComparison.Ordinal)))
            .ToArray();

        Assert.Empty(foreign);
    }

    [Fact]
    public void Core_uses_no_clock_disk_network_or_chance()
    {
        using var file = new PEReader(File.OpenRead(typeof(Pipeline).Assembly.Location));
        var metadata = file.GetMetadataReader();
        var types = metadata.TypeReferences
            .Select(metadata.GetTypeReference)
            .Select(type => $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}")
            .ToHashSet();
        var members = metadata.MemberReferences
            .Select(metadata.GetMemberReference)
            .Where(member => member.Parent.Kind == HandleKind.TypeReference)
            .Select(member => $"{metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)member.Parent).Name)}.{metadata.GetString(member.Name)}")
            .ToHashSet();

        Assert.Contains("System.Text.Json.Utf8JsonReader", types);
        Assert.DoesNotContain(types, type => TypesForbidden.Contains(type) || type.StartsWith("System.Net.", StringComparison.Ordinal));
        Assert.DoesNotContain(members, member => MembersForbidden.Contains(member));

        // Asynchronous iterators ask for the thread; nothing else may ask the environment.
        Assert.DoesNotContain(members, member => member.StartsWith("Environment.", StringComparison.Ordinal) && member != "Environment.get_CurrentManagedThreadId");
    }
}
