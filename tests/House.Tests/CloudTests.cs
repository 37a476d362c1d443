using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Temper.House.Tests;

/// <summary>Code that this feed cannot build must not rot: it is bound against the assemblies of the local editions.</summary>
public sealed class CloudTests
{
    private static readonly string[] Projects = ["Functions.Ingest", "src/Plugins.ServiceBus", "src/Plugins.TorchSharp", "src/Plugins.MlNet"];

    [Fact]
    public void Cloud_projects_name_only_types_and_members_that_exist() => Assert.Empty(Projects.SelectMany(Faults));

    [Fact]
    public void A_type_or_member_that_is_gone_is_found()
    {
        const string code = """
            using Temper.Core.Work;
            using Temper.Core.Gone;
            namespace Temper.Plugins.Sample;
            class Bell : IDoorbell
            {
                public static void Use(WorkRing ring, WorkLoop loop) { _ = ring.Id; _ = ring.Colour; WorkKind.Dream.ToString(); loop.RunAsync(1); }
            }
            """;
        var faults = Faults("sample", [CSharpSyntaxTree.ParseText(code, path: "sample.cs")]).ToList();
        Assert.Contains(faults, fault => fault.Contains("Gone", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("Colour", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("Dream", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("RunAsync", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("IDoorbell.RingAsync", StringComparison.Ordinal));
        Assert.DoesNotContain(faults, fault => fault.Contains("'Id'", StringComparison.Ordinal));
    }

    /// <summary>The functions name types of the plug-in for the bus, which cannot be built here either.</summary>
    private static IEnumerable<string> Faults(string project) => Faults(project, Trees(project), project == "Functions.Ingest" ? Trees("src/Plugins.ServiceBus") : []);

    private static IReadOnlyList<SyntaxTree> Trees(string project) =>
        [.. Sources.Files("*.cs").Where(file => file.StartsWith(project + "/", StringComparison.Ordinal)).Select(file => CSharpSyntaxTree.ParseText(Sources.Read(file), path: file))];

    private static IEnumerable<string> Faults(string project, IReadOnlyList<SyntaxTree> trees, params IReadOnlyList<SyntaxTree> beside)
    {
        Assert.NotEmpty(trees);
        var compilation = CSharpCompilation.Create(project, [Implicit(), .. trees, .. beside], Assemblies(), new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        return trees.SelectMany(tree => CloudNames.Faults(compilation, tree)).Distinct();
    }

    /// <summary>What <c>ImplicitUsings</c> brings.</summary>
    private static SyntaxTree Implicit() => CSharpSyntaxTree.ParseText(string.Concat(
        ((string[])["System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks"]).Select(name => $"global using {name};")));

    /// <summary>The framework, and all of ours that stands beside this test.</summary>
    private static IEnumerable<MetadataReference> Assemblies()
    {
        var trusted = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        Assert.Contains(trusted, file => Path.GetFileName(file) == "Ingest.dll");
        return trusted.Where(file => Path.GetFileName(file) != Path.GetFileName(Assembly.GetExecutingAssembly().Location)).Select(file => MetadataReference.CreateFromFile(file));
    }
}
