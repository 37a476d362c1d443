using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Temper.House.Tests;

/// <summary>
/// Finds uses of our own names that no longer fit, in code some of whose other names cannot be resolved here. A fault is reported where the compiler
/// knows that the name belongs to us: a namespace <c>Temper.…</c>, a member of one of our types, a port that is not implemented; or where a name of no
/// known package stands alone.
/// </summary>
internal static class CloudNames
{
    /// <summary>The compiler gave a name up.</summary>
    private static readonly HashSet<string> Unresolved = ["CS0246", "CS0103", "CS0234"];

    /// <summary>A known thing of ours is used as it cannot be used.</summary>
    private static readonly HashSet<string> Misused =
        ["CS0117", "CS0122", "CS0535", "CS0539", "CS0738", "CS1061", "CS1501", "CS1503", "CS1615", "CS1620", "CS1729", "CS1739", "CS7036", "CS0029", "CS0266", "CS8852"];

    /// <summary>Names that the missing packages bring. A name that is neither here nor anywhere in our assemblies is one that we lost.</summary>
    private static readonly HashSet<string> OfPackages =
    [
        "Azure", "BlobClient", "BlobTrigger", "BlobInput", "BlobContainerClient", "Function", "FunctionContext", "FunctionsApplication", "FunctionsApplicationBuilder", "Microsoft", "Projects", "ServiceBusClient", "ServiceBusException",
        "ServiceBusFailureReason", "ServiceBusMessage", "ServiceBusMessageActions", "ServiceBusReceivedMessage", "ServiceBusReceiver", "ServiceBusReceiverOptions",
        "ServiceBusSender", "ServiceBusTrigger", "TimerInfo", "TimerTrigger", "MLContext", "PredictionEngine", "ColumnName", "TorchSharp", "torch", "Scalar", "DisposeScope",
        "DeviceType", "F", "T", "ScalarType", "DefaultAzureCredential", "AuthenticationFailedException", "SubQueue", "HttpTrigger", "AuthorizationLevel", "OpenTelemetryBuilder",
    ];

    public static IEnumerable<string> Faults(CSharpCompilation compilation, SyntaxTree tree)
    {
        var model = compilation.GetSemanticModel(tree);
        foreach (var diagnostic in model.GetDiagnostics().Where(found => found.Severity == DiagnosticSeverity.Error))
        {
            var node = tree.GetRoot().FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true);
            if (Unresolved.Contains(diagnostic.Id) ? IsOurs(node) : Misused.Contains(diagnostic.Id) && !IsTheirs(model, node))
                yield return $"{tree.FilePath}({diagnostic.Location.GetLineSpan().StartLinePosition.Line + 1}): {diagnostic.GetMessage()}";
        }
    }

    /// <summary>Whether an unresolved name can only be one of ours.</summary>
    private static bool IsOurs(SyntaxNode node)
    {
        var whole = node.AncestorsAndSelf().OfType<UsingDirectiveSyntax>().FirstOrDefault()?.NamespaceOrType?.ToString() ?? node.ToString();
        if (whole.StartsWith("Temper.", StringComparison.Ordinal))
            return true;
        return !whole.Split('.', '<', '(', '[').Any(part => OfPackages.Contains(part) || OfPackages.Contains(part.Replace("Attribute", "", StringComparison.Ordinal)));
    }

    /// <summary>Whether the missing member may be an extension of a package, or inherited from a class of one.</summary>
    private static bool IsTheirs(SemanticModel model, SyntaxNode node)
    {
        if (node.Parent is not MemberAccessExpressionSyntax access || access.Name != node)
            return false;
        var owner = model.GetTypeInfo(access.Expression).Type ?? model.GetSymbolInfo(access.Expression).Symbol as ITypeSymbol;
        for (var type = owner; type is not null; type = type.BaseType)
            if (type.TypeKind == TypeKind.Error)
                return true;
        return owner is not null && !owner.ContainingNamespace.ToString()!.StartsWith("Temper", StringComparison.Ordinal);
    }
}
