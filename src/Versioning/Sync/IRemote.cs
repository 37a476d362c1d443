using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Sync;

/// <summary>What a remote says of itself.</summary>
/// <param name="Refs">Branches and tags by full name, sorted.</param>
/// <param name="DefaultBranch">Full name of the branch that a clone checks out; null when it has none.</param>
public sealed record RemoteState(IReadOnlyList<KeyValuePair<string, Digest>> Refs, string? DefaultBranch)
{
    /// <summary>Where a reference stands; null when there is none.</summary>
    public Digest? Find(string name) => Refs.Where(r => r.Key == name).Select(r => (Digest?)r.Value).FirstOrDefault();
}

/// <summary>
/// Another repository, wherever it lies: a folder, or a server over HTTP. What is read is checked against the id that names it; broken connections are
/// mended as long as something comes through between two breaks. One call at a time.
/// </summary>
public interface IRemote : IAsyncDisposable
{
    /// <summary>As people write it.</summary>
    string Address { get; }

    /// <summary>References as they stand now.</summary>
    /// <exception cref="TemperException">Codes <c>remote_unknown</c>, <c>server_unreachable</c>, <c>unauthorised</c>.</exception>
    Task<RemoteState> ReadAsync(CancellationToken ct);

    /// <summary>Commits, trees, tags and recipes that a query lacks, in the order of <see cref="GraphWalk"/>; chunks are fetched apart.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>, <c>server_unreachable</c>.</exception>
    IAsyncEnumerable<GraphItem> NegotiateAsync(GraphQuery query, CancellationToken ct);

    /// <summary>Chunks by their ids, in any order.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>, <c>server_unreachable</c>.</exception>
    IAsyncEnumerable<GraphItem> FetchAsync(IReadOnlyCollection<Digest> chunks, CancellationToken ct);

    /// <summary>Those of the ids that the remote does not have; the others it keeps until references move or a day has passed.</summary>
    Task<IReadOnlySet<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> ids, CancellationToken ct);

    /// <summary>Sends objects with their bodies: chunks before the recipes that name them, parents before children. They are durable on return.</summary>
    /// <exception cref="TemperException">Codes <c>corrupt_upload</c>, <c>missing_objects</c>, <c>server_unreachable</c>.</exception>
    Task SendAsync(IAsyncEnumerable<GraphItem> objects, CancellationToken ct);

    /// <summary>Moves references by compare and swap; what became of each, by name. With <paramref name="atomic"/> all of them or none.</summary>
    Task<IReadOnlyList<RefOutcome>> UpdateRefsAsync(IReadOnlyList<RefMove> moves, bool atomic, CancellationToken ct);
}
