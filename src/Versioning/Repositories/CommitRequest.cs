using Temper.Core.Ids;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Repositories;

/// <summary>A commit that is to be made of the index.</summary>
/// <param name="Message">Cleaned; not empty.</param>
/// <param name="Author">Who made the content.</param>
/// <param name="Committer">Who records it.</param>
public sealed record CommitRequest(string Message, Signature Author, Signature Committer)
{
    /// <summary>Whether it takes the place of the last commit, with its parents.</summary>
    public bool Amend { get; init; }

    /// <summary>Whether it may hold what its parent holds.</summary>
    public bool AllowEmpty { get; init; }

    /// <summary>The tree, which is in the store; null: that of the index.</summary>
    public Digest? Tree { get; init; }

    /// <summary>The job or run that made it.</summary>
    public string? Run { get; init; }

    /// <summary>What it was made from, <c>repository@commit</c> each.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];

    /// <summary>Signs it; null: it stays unsigned.</summary>
    public Func<Commit, CancellationToken, ValueTask<Commit>>? Sign { get; init; }
}

/// <summary>A commit that was made.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Commit">Its content.</param>
/// <param name="Head">What is checked out now.</param>
public sealed record CommitOutcome(Digest Id, Commit Commit, Head Head);
