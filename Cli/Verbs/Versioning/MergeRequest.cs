using Temper.Core.Ids;
using Temper.Versioning.Merging;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>What is to be merged, and how.</summary>
/// <param name="Name">As it was asked for.</param>
/// <param name="Theirs">The commit.</param>
internal sealed record MergeRequest(string Name, Digest Theirs)
{
    public bool MayForward { get; init; }
    public bool MustForward { get; init; }
    public bool IsSquashed { get; init; }
    public bool IsCommitted { get; init; }
    public bool MayBeUnrelated { get; init; }
    public bool ShowsFiles { get; init; }

    /// <summary>Null: one is made.</summary>
    public string? Message { get; init; }

    public MergeOptions Options { get; init; } = new();
}
