using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.Sync;

/// <summary>The files that a partial clone left with its remote, fetched when they are needed.</summary>
public static class PromisedFiles
{
    /// <summary>Fetches those of the files that are not here.</summary>
    /// <param name="repository">A partial clone; in a whole one nothing happens.</param>
    /// <param name="files">Ids of files.</param>
    /// <param name="remotes">Opens the remote.</param>
    /// <param name="meter">Counts bytes.</param>
    /// <param name="ct">Ends the work.</param>
    /// <returns>How many were fetched.</returns>
    /// <exception cref="TemperException">Those of <see cref="IRemote"/>.</exception>
    public static async Task<int> FetchAsync(Repository repository, IReadOnlyCollection<Digest> files, Remotes remotes, TransferMeter meter, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(remotes);
        if (new RemoteSettings(repository).Promisor() is not { } name)
            return 0;
        var missing = new List<Digest>();
        foreach (var file in files.Distinct())
            if (await IsMissingAsync(repository, file, ct))
                missing.Add(file);
        if (missing.Count == 0)
            return 0;
        await using var remote = await remotes.OpenAsync(repository, name, meter, ct);
        await new ObjectIntake(repository, remote, meter).TakeAsync(new(missing, []), ct);
        return missing.Count;
    }

    private static async Task<bool> IsMissingAsync(Repository repository, Digest file, CancellationToken ct) =>
        await repository.Objects.FindRecipeAsync(file, ct) is not { } recipe
        || (await repository.Objects.FindMissingAsync([.. recipe.Chunks.Select(c => c.Id)], ct)).Count > 0;
}
