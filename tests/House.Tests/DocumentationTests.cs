using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Temper.House.Tests;

/// <summary>What a reader may rely on finding.</summary>
public sealed partial class DocumentationTests
{
    [Fact]
    public void Every_public_type_in_src_says_what_it_is()
    {
        var types = from file in Sources.ProductCode()
                    where file.StartsWith("src/", StringComparison.Ordinal)
                    from type in Sources.Parse(file).DescendantNodes().OfType<MemberDeclarationSyntax>()
                    where type is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax && IsPublic(type)
                    let name = (type as BaseTypeDeclarationSyntax)?.Identifier.Text ?? ((DelegateDeclarationSyntax)type).Identifier.Text
                    // The parts of a partial type share one summary.
                    group (File: file, Type: type) by (Path.GetDirectoryName(file), name) into parts
                    where !parts.Any(part => IsDescribed(part.Type))
                    select $"{parts.First().File}: {parts.Key.name}";
        Assert.Empty(types);
    }

    [Fact]
    public void No_documentation_tag_is_empty() =>
        Assert.Empty(Sources.ProductCode().Where(file => EmptyTag().IsMatch(Sources.Read(file))));

    [Fact]
    public void AGENTS_md_has_at_most_120_lines_and_names_folders_that_exist()
    {
        var text = Sources.Read("AGENTS.md");
        Assert.True(text.Count(c => c == '\n') <= 120);
        Assert.Empty(FolderName().Matches(text).Select(m => m.Groups[1].Value).Where(folder => !Directory.Exists(Path.Combine(Sources.Root, folder))));
    }

    [Fact]
    public void Links_between_documents_lead_somewhere()
    {
        var broken = from file in Sources.Files("*.md")
                     from Match link in Link().Matches(Sources.Read(file))
                     let target = link.Groups[1].Value.Split('#')[0]
                     where target.Length > 0 && !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal)
                     where !Path.Exists(Path.Combine(Sources.Root, Path.GetDirectoryName(file)!, target))
                     select $"{file}: {target}";
        Assert.Empty(broken);
    }

    private static bool IsDescribed(MemberDeclarationSyntax type) => type.GetLeadingTrivia().Any(trivia =>
        trivia.IsKind(SyntaxKind.SingleLineDocumentationCommentTrivia) && (trivia.ToFullString().Contains("<summary>", StringComparison.Ordinal) || trivia.ToFullString().Contains("<inheritdoc", StringComparison.Ordinal)));

    private static bool IsPublic(MemberDeclarationSyntax type) => type.Modifiers.Any(SyntaxKind.PublicKeyword)
        && type.Ancestors().OfType<BaseTypeDeclarationSyntax>().All(outer => outer.Modifiers.Any(SyntaxKind.PublicKeyword));

    [GeneratedRegex(@"<(summary|param name=""\w+""|returns)>\s*</")]
    private static partial Regex EmptyTag();

    [GeneratedRegex(@"`((?:src|tests|docs|samples|infra|Cli|bench)/[A-Za-z./]*[A-Za-z]/?)`")]
    private static partial Regex FolderName();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
