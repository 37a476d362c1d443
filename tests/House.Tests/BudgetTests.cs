using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Temper.House.Tests;

/// <summary>Sizes and names that keep the house readable.</summary>
public sealed class BudgetTests
{
    [Fact]
    public void Product_files_are_short()
    {
        var lengths = Sources.ProductCode().Select(file => (File: file, Lines: Sources.Read(file).Count(c => c == '\n'))).OrderBy(f => f.Lines).ToList();
        Assert.Empty(lengths.Where(f => f.Lines > 500));
        Assert.True(lengths[lengths.Count / 2].Lines <= 90, $"median {lengths[lengths.Count / 2]}");
        Assert.True(lengths[lengths.Count * 9 / 10].Lines <= 250, $"90th percentile {lengths[lengths.Count * 9 / 10]}");
    }

    [Fact]
    public void Functions_have_at_most_50_lines()
    {
        var long_ = from file in Sources.ProductCode()
                    from node in Sources.Parse(file).DescendantNodes()
                    where node is BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax or AccessorDeclarationSyntax
                    let lines = Lines(node)
                    where lines > 50
                    select $"{file}: {NameOf(node)} has {lines} lines";
        Assert.Empty(long_);
    }

    [Fact]
    public void Host_programs_have_at_most_40_lines() =>
        Assert.Empty(Sources.ProductCode().Where(file => Path.GetFileName(file) == "Program.cs" && Sources.Read(file).Count(c => c == '\n') > 40));

    [Fact]
    public void Interfaces_are_ports()
    {
        string[] ports = ["IBlobStore", "IDoorbell", "IEventRelay", "IEngine", "IDataBackend", "IRecordScorer", "IEmbedder", "IObjectStore", "IObjectBatch", "IRemote", "IScope", "IOptimizer", "IObjective", "ITemperPlugin"];
        // Bounds of generic kernels: the compiler's way to write one for several vector widths and number types, and to hand loop bodies over without delegates.
        string[] kernels = ["ILanes", "IFloatBits", "ICurve", "IWork", "IRange", "IRow"];
        var types = Sources.ProductCode().SelectMany(file => Sources.Parse(file).DescendantNodes().OfType<BaseTypeDeclarationSyntax>()).ToList();
        var interfaces = types.OfType<InterfaceDeclarationSyntax>().Select(i => i.Identifier.Text).Distinct().ToList();
        Assert.Empty(interfaces.Except(ports).Except(kernels));
        Assert.True(interfaces.Count <= types.Count * 0.05, $"{interfaces.Count} interfaces of {types.Count} types");
    }

    [Fact]
    public void No_type_hides_behind_a_name_that_says_nothing() =>
        Assert.Empty(from file in Sources.ProductCode()
                     from type in Sources.Parse(file).DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
                     let name = type.Identifier.Text
                     where name.EndsWith("Manager", StringComparison.Ordinal) || name.EndsWith("Helper", StringComparison.Ordinal) || name.EndsWith("Helpers", StringComparison.Ordinal)
                           || name.EndsWith("Utils", StringComparison.Ordinal) || name.EndsWith("Util", StringComparison.Ordinal)
                     select $"{file}: {name}");

    [Fact]
    public void No_error_is_swallowed_and_nothing_is_left_unfinished()
    {
        var swallowed = from file in Sources.ProductCode()
                        from node in Sources.Parse(file).DescendantNodes().OfType<CatchClauseSyntax>()
                        where node.Block.Statements.Count == 0 && node.Filter is null && node.Declaration?.Type.ToString() is null or "Exception"
                              && !node.Block.CloseBraceToken.LeadingTrivia.Any(SyntaxKind.SingleLineCommentTrivia)
                        select $"{file}: {node.GetLocation().GetLineSpan().StartLinePosition.Line + 1}";
        Assert.Empty(swallowed);
        string[] marks = ["TO" + "DO", "FIX" + "ME", "HA" + "CK", "NotImplemented" + "Exception", "not filled in yet"];
        Assert.Empty(Sources.ProductCode().Where(file => marks.Any(mark => Sources.Read(file).Contains(mark, StringComparison.Ordinal))));
    }

    private static int Lines(SyntaxNode node)
    {
        var span = node.GetLocation().GetLineSpan();
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }

    private static string NameOf(SyntaxNode node) => node switch
    {
        MethodDeclarationSyntax method => method.Identifier.Text,
        ConstructorDeclarationSyntax constructor => constructor.Identifier.Text,
        LocalFunctionStatementSyntax local => local.Identifier.Text,
        _ => node.Kind().ToString(),
    };
}
