using Temper.Core.Ids;

namespace Temper.Versioning.Objects;

/// <summary>Who did something, and when.</summary>
/// <param name="Name">No <c>&lt;</c>, <c>&gt;</c> or control character; may be empty.</param>
/// <param name="Mail">As the name, without spaces.</param>
/// <param name="AtMs">Milliseconds since 1970, UTC; not negative.</param>
/// <param name="OffsetMinutes">Distance of the person's clock from UTC, -1439 to 1439.</param>
public sealed record Signature(string Name, string Mail, long AtMs, int OffsetMinutes = 0);

/// <summary>One version of a tree of files, and where it came from. Its id is that of its encoded bytes.</summary>
/// <param name="Tree">The files.</param>
/// <param name="Author">Who made the content.</param>
/// <param name="Committer">Who recorded it.</param>
/// <param name="Message">Any text without NUL; lines end in LF.</param>
public sealed record Commit(Digest Tree, Signature Author, Signature Committer, string Message)
{
    /// <summary>Root of the metadata tree, where there is one.</summary>
    public Digest? Meta { get; init; }

    /// <summary>What it follows, in order.</summary>
    public IReadOnlyList<Digest> Parents { get; init; } = [];

    /// <summary>The job or run that made it.</summary>
    public string? Run { get; init; }

    /// <summary>What it was made from, <c>repository@commit</c> each: the edges of lineage.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];

    /// <summary>The signature over all the rest, as docs/formats/signing.md spells it; null when nobody signed.</summary>
    public string? Sig { get; init; }
}
