using System.Text.RegularExpressions;

namespace Temper.Core.References;

/// <summary>Spelling of an alias: 1 to 255 of letters, digits, <c>_</c> and <c>-</c>, not <c>v</c> and a number (it would read as a version).</summary>
public static partial class AliasName
{
    /// <summary>Whether <paramref name="text"/> may stand behind the <c>@</c>. <c>latest</c> may; only the registry moves it.</summary>
    public static bool IsValid(string text) => Spelling().IsMatch(text) && !VersionLike().IsMatch(text);

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,255}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Spelling();

    [GeneratedRegex(@"\A[vV][0-9]+\z", RegexOptions.NonBacktracking)]
    private static partial Regex VersionLike();
}
