using System.Text.RegularExpressions;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;

namespace Temper.Versioning.Signing;

/// <summary>References that may lead only to what a trusted key has signed: the values of <c>security.requireSigned</c>, such as <c>refs/heads/release/*</c>.</summary>
public static class SignedRefs
{
    /// <summary>Checks moves of references before they are made. Deleting needs no signature.</summary>
    /// <param name="store">Holds what the references will lead to.</param>
    /// <param name="patterns">Full names; <c>*</c> stands for any text.</param>
    /// <param name="trusted">Whose signatures count.</param>
    /// <param name="moves">Full names, and the commits or tags they will lead to.</param>
    /// <param name="ct">Ends the work.</param>
    /// <exception cref="TemperException">A problem for each reference: <c>signature_missing</c>, <c>signature_untrusted</c>, <c>signature_invalid</c>.</exception>
    public static async Task RequireAsync(IObjectStore store, IReadOnlyCollection<string> patterns, TrustedKeys trusted, IEnumerable<(string Name, Digest? New)> moves, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(moves);
        var problems = new List<Problem>();
        foreach (var (name, target) in moves)
            if (target is { } id && patterns.Any(pattern => IsMatch(pattern, name)) && (await SignedObjects.VerifyAsync(store, id, trusted, ct)).Problem is { } problem)
                problems.Add(problem with { Message = $"'{name}' may lead to what is signed only. {problem.Message}", Value = name });
        if (problems.Count > 0)
            throw new TemperException(problems);
    }

    /// <summary>Whether a pattern means a reference.</summary>
    public static bool IsMatch(string pattern, string name)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return Regex.IsMatch(name, $"^{string.Join(".*", pattern.Split('*').Select(Regex.Escape))}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.Singleline);
    }
}
