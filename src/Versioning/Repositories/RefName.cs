using Temper.Core.Errors;

namespace Temper.Versioning.Repositories;

/// <summary>Names of references, under git's rules.</summary>
public static class RefName
{
    /// <summary>Where branches stand.</summary>
    public const string Heads = "refs/heads/";

    /// <summary>Where tags stand.</summary>
    public const string Tags = "refs/tags/";

    /// <summary>Where the branches of remotes stand.</summary>
    public const string Remotes = "refs/remotes/";

    /// <summary>The full name of a branch.</summary>
    /// <exception cref="TemperException">Code <c>ref_invalid</c>.</exception>
    public static string Branch(string name) => IsValid(Heads + name) && !name.StartsWith('-') && name != "HEAD" ? Heads + name : throw Invalid(name, "branch");

    /// <summary>The full name of a tag.</summary>
    /// <exception cref="TemperException">Code <c>ref_invalid</c>.</exception>
    public static string Tag(string name) => IsValid(Tags + name) && !name.StartsWith('-') ? Tags + name : throw Invalid(name, "tag");

    /// <summary>The name as people write it.</summary>
    public static string Short(string full)
    {
        foreach (var prefix in (string[])[Heads, Tags, Remotes])
            if (full.StartsWith(prefix, StringComparison.Ordinal))
                return full[prefix.Length..];
        return full;
    }

    /// <summary>Whether a full name, which begins with <c>refs/</c>, keeps the rules.</summary>
    public static bool IsValid(string full)
    {
        ArgumentNullException.ThrowIfNull(full);
        if (!full.StartsWith("refs/", StringComparison.Ordinal) || full.Length > 1024 || full.EndsWith('/') || full.EndsWith('.')
            || full.Contains("..", StringComparison.Ordinal) || full.Contains("@{", StringComparison.Ordinal) || full.Contains("//", StringComparison.Ordinal))
            return false;
        return full.IndexOfAny([' ', '~', '^', ':', '?', '*', '[', '\\', '\x7f']) < 0 && !full.Any(char.IsControl)
            && full.Split('/').All(part => part.Length > 0 && part[0] != '.' && !part.EndsWith(".lock", StringComparison.Ordinal) && !part.Any(char.IsSurrogate));
    }

    private static TemperException Invalid(string name, string what) => new("ref_invalid", $"'{name}' cannot be the name of a {what}.");
}
