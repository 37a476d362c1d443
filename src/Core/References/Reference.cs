using System.Globalization;
using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Core.References;

/// <summary>
/// What people type to name a model or a dataset: <c>name</c> (= <c>name@latest</c>), <c>name:VERSION</c>, <c>name@alias</c>,
/// <c>name#COMMIT</c>, <c>job:ID/step-N</c>, <c>ft:BASE:SUFFIX:ID</c> (and <c>…:ckpt-step-N</c>) or a folder path; <c>registry://</c> in front is accepted.
/// </summary>
public abstract record Reference
{
    private Reference() { }

    /// <summary>A version by number, 1 and up.</summary>
    public sealed record ByVersion(ResourceName Name, int Version) : Reference
    {
        /// <inheritdoc/>
        public override string ToString() => $"{Name}:{Version}";
    }

    /// <summary>A version by alias; <c>latest</c> where none was written.</summary>
    public sealed record ByAlias(ResourceName Name, string Alias) : Reference
    {
        /// <inheritdoc/>
        public override string ToString() => $"{Name}@{Alias}";
    }

    /// <summary>A version by its commit.</summary>
    public sealed record ByCommit(ResourceName Name, Digest Commit) : Reference
    {
        /// <inheritdoc/>
        public override string ToString() => $"{Name}#{Commit}";
    }

    /// <summary>A checkpoint of a job.</summary>
    public sealed record Checkpoint(WorkId Job, int Step) : Reference
    {
        /// <inheritdoc/>
        public override string ToString() => $"job:{Job}/step-{Step}";
    }

    /// <summary>What a job made, by the name that OpenAI's routes give it.</summary>
    public sealed record OfJob(string Base, string Suffix, WorkId Job) : Reference
    {
        /// <inheritdoc/>
        public override string ToString() => $"ft:{Base}:{Suffix}:{Job}";
    }

    /// <summary>A folder on this machine. Written with a separator (<c>./x</c>, <c>/x</c>, <c>~/x</c>) so that it is never mistaken for a name.</summary>
    public sealed record Folder(string Path) : Reference
    {
        /// <inheritdoc/>
        public override string ToString() => Path;
    }

    /// <summary>Reads a reference.</summary>
    /// <exception cref="TemperException">Code <c>reference_invalid</c>, with the forms that exist.</exception>
    public static Reference Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var body = text.StartsWith("registry://", StringComparison.Ordinal) ? text["registry://".Length..] : text;
        if (body.Length == text.Length && LooksLikePath(text))
            return new Folder(text);
        if (body.StartsWith("job:", StringComparison.Ordinal))
            return ParseCheckpoint(body) ?? throw Invalid(text);
        if (ParseTuned(body) is { } tuned)
            return tuned;
        return ParseNamed(body) ?? throw Invalid(text);
    }

    private static bool LooksLikePath(string text) =>
        text is "." or ".." || text.StartsWith("./", StringComparison.Ordinal) || text.StartsWith("../", StringComparison.Ordinal)
        || text.StartsWith("~/", StringComparison.Ordinal) || Path.IsPathRooted(text)
        || (text.Contains('/', StringComparison.Ordinal) && !text.StartsWith("job:", StringComparison.Ordinal)) || text.Contains('\\', StringComparison.Ordinal);

    private static Checkpoint? ParseCheckpoint(string body)
    {
        var slash = body.IndexOf("/step-", StringComparison.Ordinal);
        return slash > 0 && WorkId.TryParse(body[4..slash], out var job)
            && int.TryParse(body.AsSpan(slash + 6), NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? new(job, step) : null;
    }

    private static Reference? ParseTuned(string body)
    {
        const string Step = "ckpt-step-";
        if (body.Split(':') is not ["ft", var model, var suffix, var id, .. var rest] || !WorkId.TryParse(id, out var job))
            return null;
        return rest switch
        {
            [] => new OfJob(model, suffix, job),
            [var last] when last.StartsWith(Step, StringComparison.Ordinal) && int.TryParse(last.AsSpan(Step.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var step) => new Checkpoint(job, step),
            _ => null,
        };
    }

    private static Reference? ParseNamed(string body)
    {
        var cut = body.IndexOfAny([':', '@', '#']);
        if (!ResourceName.TryParse(cut < 0 ? body : body[..cut], out var name))
            return null;
        if (cut < 0)
            return new ByAlias(name, "latest");
        var rest = body[(cut + 1)..];
        return body[cut] switch
        {
            ':' => int.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > 0 ? new ByVersion(name, version) : null,
            '@' => AliasName.IsValid(rest) ? new ByAlias(name, rest) : null,
            _ => Digest.TryParse(rest, out var commit) ? new ByCommit(name, commit) : null,
        };
    }

    private static TemperException Invalid(string text) => new("reference_invalid", $"'{text}' is not a reference.",
        hint: "Write name, name:VERSION, name@alias, name#COMMIT, job:ID/step-N or a folder path such as ./model.");
}
