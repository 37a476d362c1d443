using System.Diagnostics.CodeAnalysis;
using Temper.Core.Ids;

namespace Temper.Core.Registry;

/// <summary>Name of a repository on a server, written <c>NS/NAME</c>.</summary>
/// <param name="Ns">Its owner.</param>
/// <param name="Name">Its name.</param>
public sealed record RepositoryName(ResourceName Ns, ResourceName Name)
{
    /// <summary>Reads <c>NS/NAME</c>.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out RepositoryName? name)
    {
        var parts = (text ?? "").Split('/');
        name = parts.Length == 2 && ResourceName.TryParse(parts[0], out var ns) && ResourceName.TryParse(parts[1], out var own) ? new(ns, own) : null;
        return name is not null;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Ns}/{Name}";
}
