using Temper.Core.Errors;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.Sync;

/// <summary>Which reference of one side goes to which of the other, written <c>[+]SOURCE[:TARGET]</c>; one <c>*</c> on each side stands for any text.</summary>
/// <param name="Source">Empty: the target is deleted.</param>
/// <param name="Target">Null: not said.</param>
/// <param name="Force">Whether it may lose commits.</param>
public sealed record RefSpec(string Source, string? Target, bool Force)
{
    /// <summary>All branches of a remote to <c>refs/remotes/NAME/…</c>.</summary>
    public static RefSpec Branches(string remote) => new("refs/heads/*", $"{RefName.Remotes}{remote}/*", true);

    /// <summary>Reads one.</summary>
    /// <exception cref="TemperException">Code <c>refspec_invalid</c>.</exception>
    public static RefSpec Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var force = text.StartsWith('+');
        var parts = (force ? text[1..] : text).Split(':');
        var spec = new RefSpec(parts[0], parts.Length > 1 ? parts[1] : null, force);
        var valid = parts.Length <= 2 && (spec.Source.Length > 0 || spec.Target is { Length: > 0 }) && spec.Target != ""
            && Stars(spec.Source) <= 1 && (spec.Target is null || Stars(spec.Source) == Stars(spec.Target));
        return valid ? spec : throw new TemperException("refspec_invalid", $"'{(text.Length > 80 ? text[..80] : text)}' is not SOURCE:TARGET.");
    }

    /// <summary>Where a full name of the source side goes; null when the specification is not about it. Short names mean branches, then tags.</summary>
    public string? Map(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var source = Full(Source, name);
        if (source == name)
            return Target is null ? "" : Target.StartsWith("refs/", StringComparison.Ordinal) ? Target : Prefix(name) + Target;
        var star = source.IndexOf('*', StringComparison.Ordinal);
        if (star < 0 || name.Length < source.Length - 1 || !name.StartsWith(source[..star], StringComparison.Ordinal) || !name.EndsWith(source[(star + 1)..], StringComparison.Ordinal))
            return null;
        return Target?.Replace("*", name[star..(name.Length - (source.Length - star - 1))], StringComparison.Ordinal) ?? "";
    }

    private static string Full(string text, string name) => text.StartsWith("refs/", StringComparison.Ordinal) ? text
        : name == RefName.Heads + text || name == RefName.Tags + text ? name : text;

    private static string Prefix(string name) => name.StartsWith(RefName.Tags, StringComparison.Ordinal) ? RefName.Tags : RefName.Heads;

    private static int Stars(string text) => text.Count(c => c == '*');
}
