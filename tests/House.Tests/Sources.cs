using System.Xml.Linq;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Temper.Testing;

namespace Temper.House.Tests;

/// <summary>The repository as text: what git would take, without build output.</summary>
internal static class Sources
{
    private static readonly string[] Skipped = ["/bin/", "/obj/", "/node_modules/", "/.git/"];

    public static string Root => RepoRoot.Path;

    /// <summary>Paths relative to the root, with forward slashes, in ordinal order.</summary>
    public static IReadOnlyList<string> Files(string pattern) =>
        [.. Directory.EnumerateFiles(Root, pattern, SearchOption.AllDirectories)
            .Select(file => "/" + Path.GetRelativePath(Root, file).Replace('\\', '/'))
            .Where(file => !Skipped.Any(part => file.Contains(part, StringComparison.Ordinal)))
            .Select(file => file[1..]).Order(StringComparer.Ordinal)];

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>Product code: everything but tests, samples and benchmarks.</summary>
    public static IReadOnlyList<string> ProductCode() =>
        [.. Files("*.cs").Where(file => !file.StartsWith("tests/", StringComparison.Ordinal) && !file.StartsWith("samples/", StringComparison.Ordinal) && !file.StartsWith("bench/", StringComparison.Ordinal))];

    public static CompilationUnitSyntax Parse(string path) => CSharpSyntaxTree.ParseText(Read(path)).GetCompilationUnitRoot();

    public static XDocument Project(string path) => XDocument.Parse(Read(path));

    public static string NameOf(string project) => Path.GetFileNameWithoutExtension(project);
}
