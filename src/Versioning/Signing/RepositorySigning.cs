using Temper.Versioning.Objects;
using Temper.Versioning.Paths;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.Signing;

/// <summary>Signing where the objects are not stored yet.</summary>
public static class RepositorySigning
{
    /// <summary>Signs the commit that is made of a repository's index, for <see cref="CommitRequest.Sign"/>.</summary>
    public static Func<Commit, CancellationToken, ValueTask<Commit>> SignerOf(Repository repository, SigningKey key)
    {
        ArgumentNullException.ThrowIfNull(repository);
        return async (commit, ct) =>
        {
            var index = await repository.Index.SnapshotAsync(ct);
            return SignedObjects.Sign(commit, index.Below("").Where(e => e.Item.Stage == 0).Select(e => (SafePath.Parse(e.Path), e.Item.Id)), key);
        };
    }
}
