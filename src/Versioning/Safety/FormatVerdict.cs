using Temper.Core.Errors;

namespace Temper.Versioning.Safety;

/// <summary>What may be done with a file, by its content.</summary>
public enum FormatFinding
{
    /// <summary>Of a format that cannot run code.</summary>
    Allowed,

    /// <summary>A pickle that calls only what is known to be harmless, taken because the repository allows unsafe formats. Never loaded by us.</summary>
    AllowedUnsafe,

    /// <summary>Of a format that the repository does not take.</summary>
    Refused,

    /// <summary>It can run code when it is loaded, or cannot be looked through to the end.</summary>
    Unsafe,
}

/// <summary>What was found in a file.</summary>
/// <param name="Finding">Whether it may be kept.</param>
/// <param name="Format">What the content is: <c>safetensors</c>, <c>text</c>, <c>parquet</c>, <c>png</c>, <c>jpeg</c>, <c>gguf</c>, <c>pickle</c>, <c>zip</c>, … or <c>unknown</c>.</param>
/// <param name="Verdict">A stable word for the reason: <c>allowed</c>, <c>format_refused</c>, <c>pickle</c>, <c>pickle_unreadable</c>, <c>pickle_global</c>,
/// <c>archive_with_pickle</c>, <c>archive_unreadable</c>, <c>archive_limit</c>, <c>archive_appended</c>, <c>object_array</c>, or a code of a safetensors header.</param>
/// <param name="Reason">One sentence for people.</param>
public sealed record FormatVerdict(FormatFinding Finding, string Format, string Verdict, string Reason)
{
    /// <summary>What a pickle in it would import, <c>module.name</c> each, in the order of the first appearance.</summary>
    public IReadOnlyList<string> Globals { get; init; } = [];

    /// <summary>What looks like a secret in the first 64 KiB of a text: something to warn of, not to refuse.</summary>
    public IReadOnlyList<SecretFinding> Secrets { get; init; } = [];

    /// <summary>Whether the file may be kept.</summary>
    public bool IsAllowed => Finding is FormatFinding.Allowed or FormatFinding.AllowedUnsafe;

    /// <summary>The problem with a file that may not be kept; null when it may.</summary>
    public Problem? ProblemOf(string path) => IsAllowed ? null
        : new(Finding == FormatFinding.Unsafe ? "unsafe_format" : Verdict.StartsWith("safetensors_", StringComparison.Ordinal) ? Verdict : "format_refused", $"'{path}': {Reason}") { File = path, Value = Verdict };

    internal static FormatVerdict Fine(string format) => new(FormatFinding.Allowed, format, "allowed", $"It is {format}.");

    internal static FormatVerdict Bad(string format, string verdict, string reason) => new(FormatFinding.Unsafe, format, verdict, reason);
}

/// <summary>Which formats a repository takes, from its configuration.</summary>
public sealed record FormatRules
{
    /// <summary>Take pickles, and archives with pickles, whose globals are all on the list of harmless ones. Default: no.</summary>
    public bool AllowUnsafeFormats { get; init; }

    /// <summary>Formats taken beside the default ones, such as <c>gguf</c>, <c>zip</c>, <c>gzip</c>, <c>npy</c>; <c>unknown</c> stands for content of no format that is known.</summary>
    public IReadOnlySet<string> Formats { get; init; } = new HashSet<string>();

    /// <summary>Reads <c>safety.allowUnsafeFormats</c> and <c>safety.formats</c> (words between commas or spaces).</summary>
    /// <param name="setting">A key's value; null where it is not set.</param>
    public static FormatRules From(Func<string, string?> setting)
    {
        ArgumentNullException.ThrowIfNull(setting);
        return new()
        {
            AllowUnsafeFormats = setting("safety.allowUnsafeFormats") is "true" or "yes" or "on" or "1",
            Formats = (setting("safety.formats") ?? "").Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).Select(w => w.ToLowerInvariant()).ToHashSet(),
        };
    }
}
