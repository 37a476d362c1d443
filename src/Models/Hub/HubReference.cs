using System.Text.RegularExpressions;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>A repository of a hub, and a revision of it: <c>hf:OWNER/NAME[@REVISION]</c>.</summary>
/// <param name="Repository">OWNER/NAME, or NAME alone for a few old ones.</param>
/// <param name="Revision">Branch, tag or commit; <c>main</c> where none is given.</param>
public sealed partial record HubReference(string Repository, string Revision)
{
    private const string Scheme = "hf:";

    /// <summary>The last part of the repository's name.</summary>
    public string Name => Repository[(Repository.LastIndexOf('/') + 1)..];

    /// <summary>Whether a text is meant as a reference to a hub.</summary>
    public static bool IsMeant(string text) => text.StartsWith(Scheme, StringComparison.Ordinal);

    /// <summary>Reads a reference.</summary>
    /// <exception cref="TemperException">Code <c>hub_reference_invalid</c>.</exception>
    public static HubReference Parse(string text)
    {
        var body = IsMeant(text) ? text[Scheme.Length..].TrimStart('/') : text;
        var at = body.IndexOf('@', StringComparison.Ordinal);
        var (repository, revision) = at < 0 ? (body, "main") : (body[..at], body[(at + 1)..]);
        return RepositoryName().IsMatch(repository) && !repository.Contains("..", StringComparison.Ordinal) && !repository.Contains("--", StringComparison.Ordinal)
            && RevisionName().IsMatch(revision) && !revision.Contains("..", StringComparison.Ordinal)
            ? new(repository, revision)
            : throw new TemperException("hub_reference_invalid", $"'{text}' does not name a repository of a hub.");
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Scheme}{Repository}@{Revision}";

    [GeneratedRegex(@"\A(?:[A-Za-z0-9][A-Za-z0-9._-]{0,95}/)?[A-Za-z0-9_][A-Za-z0-9._-]{0,95}\z", RegexOptions.NonBacktracking)]
    private static partial Regex RepositoryName();

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._/-]{0,254}\z", RegexOptions.NonBacktracking)]
    private static partial Regex RevisionName();
}
