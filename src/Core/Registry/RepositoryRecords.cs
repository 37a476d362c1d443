using Temper.Core.Ids;

namespace Temper.Core.Registry;

/// <summary>What a repository is for; it changes nothing of how it works.</summary>
public enum RepositoryKind
{
    /// <summary>Anything.</summary>
    Mixed,

    /// <summary>Models.</summary>
    Model,

    /// <summary>Datasets.</summary>
    Dataset,
}

/// <summary>Body of <c>POST /api/v1/repos</c>.</summary>
/// <param name="Ns">Its owner: a person or a team.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Mixed where absent.</param>
/// <param name="DefaultBranch">Name of the branch that a clone checks out; <c>main</c> where absent.</param>
public sealed record RepositoryRequest(ResourceName Ns, ResourceName Name, RepositoryKind? Kind = null, string? DefaultBranch = null);

/// <summary>A repository.</summary>
/// <param name="Ns">Its owner.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="DefaultBranch">Name of the branch that a clone checks out.</param>
/// <param name="CreatedMs">Milliseconds since 1970, UTC.</param>
public sealed record RepositoryInfo(ResourceName Ns, ResourceName Name, RepositoryKind Kind, string DefaultBranch, long CreatedMs);

/// <summary>A setting of a repository.</summary>
/// <param name="Name"><c>safety.formats</c>, <c>safety.allowUnsafeFormats</c>, <c>security.requireSigned</c> or <c>trust.NAME.key</c>.</param>
/// <param name="Values">All its values; none: it is not set.</param>
public sealed record RepositorySetting(string Name, IReadOnlyList<string> Values);

/// <summary>Body of <c>POST /api/v1/admin/gc</c>.</summary>
/// <param name="GraceHours">How long packs that nothing leads to are kept, twice; 1 or more. Absent: the server's setting.</param>
/// <param name="DryRun">Whether nothing is changed.</param>
public sealed record PackCollectionRequest(double? GraceHours = null, bool DryRun = false);

/// <summary>What a collection of packs did, or would do.</summary>
/// <param name="Packs">Packs that were pushed.</param>
/// <param name="Noted">Of them, those that nothing leads to and that stay for the time of grace; they are removed when that has passed and nothing leads to them then.</param>
/// <param name="Removed">Packs that were removed, their blobs too.</param>
/// <param name="Bytes">Bytes of the removed ones.</param>
/// <param name="Broken">Objects that references need and that are missing; while there are any, nothing is removed.</param>
public sealed record PackCollectionReport(int Packs, int Noted, int Removed, long Bytes, IReadOnlyList<string> Broken);

/// <summary>A reference of a repository.</summary>
/// <param name="Name">Full, such as <c>refs/heads/main</c>.</param>
/// <param name="Target">Commit or tag.</param>
/// <param name="Version">How often it moved, 1 and up.</param>
/// <param name="UpdatedMs">Milliseconds since 1970, UTC.</param>
public sealed record RefInfo(string Name, Digest Target, long Version, long UpdatedMs);

/// <summary>One move of a reference.</summary>
/// <param name="Name">Full, such as <c>refs/heads/main</c>.</param>
/// <param name="Old">Where it must stand now; absent: it must not exist.</param>
/// <param name="New">Where it is to stand; absent: it is deleted.</param>
/// <param name="Force">Whether <paramref name="New"/> need not follow <paramref name="Old"/>.</param>
public sealed record RefMove(string Name, Digest? Old, Digest? New, bool Force = false);

/// <summary>Body of <c>POST …/refs:update</c>.</summary>
/// <param name="Updates">At most 1,000, each name once.</param>
/// <param name="Atomic">All of them or none.</param>
/// <param name="Lease">The lease of <c>objects:missing</c> that ends with it.</param>
public sealed record RefMoves(IReadOnlyList<RefMove> Updates, bool Atomic = false, string? Lease = null);

/// <summary>What became of one move.</summary>
/// <param name="Name">The reference.</param>
/// <param name="Status"><c>ok</c>, <c>stale-ref</c>, <c>non-fast-forward</c>, <c>missing-objects</c>, <c>unsafe-format</c>, <c>format-refused</c>,
/// <c>signature-missing</c>, <c>signature-untrusted</c>, <c>signature-invalid</c>, or the code of a safetensors header.</param>
/// <param name="Current">Where it stands now; absent: it does not exist.</param>
/// <param name="Detail">Why it was refused.</param>
public sealed record RefOutcome(string Name, string Status, Digest? Current, string? Detail = null);

/// <summary>Answer of <c>POST …/refs:update</c>.</summary>
/// <param name="Results">One for each update, by name.</param>
public sealed record RefOutcomes(IReadOnlyList<RefOutcome> Results);

/// <summary>Body of <c>POST …/negotiate</c>.</summary>
/// <param name="Want">Commits, tags or files that the caller wants.</param>
/// <param name="Have">Commits that it has, with everything behind them.</param>
/// <param name="Shallow">Commits that it has without their parents.</param>
/// <param name="Depth">How many commits from each wanted one; absent: all.</param>
/// <param name="Filter"><c>size:N</c>: recipes of files with more than N bytes are left out; N may end in k, m or g.</param>
/// <param name="Skip">How many objects of the same answer came through before the connection broke.</param>
public sealed record NegotiateRequest(IReadOnlyList<Digest> Want, IReadOnlyList<Digest> Have, IReadOnlyList<Digest>? Shallow = null, int? Depth = null,
    string? Filter = null, int Skip = 0);

/// <summary>A line of the answer to <c>POST …/negotiate</c>; the last one is of kind <c>end</c>, and tells how many were before.</summary>
/// <param name="Kind"><c>commit</c>, <c>tree</c>, <c>tag</c>, <c>recipe</c> or <c>end</c>.</param>
/// <param name="Id">Of the object; of a recipe: of its file.</param>
/// <param name="Body">Its encoded body.</param>
/// <param name="Cut">A commit whose parents are left out because of the depth.</param>
/// <param name="Count">Of the last line: objects of the whole answer.</param>
public sealed record NegotiateLine(string Kind, Digest? Id = null, byte[]? Body = null, bool Cut = false, long? Count = null);

/// <summary>Body of <c>POST …/objects:missing</c> and <c>POST …/objects:locate</c>.</summary>
/// <param name="Ids">At most 10,000.</param>
/// <param name="Lease">A lease to add to; absent: a new one.</param>
public sealed record ObjectIdList(IReadOnlyList<Digest> Ids, string? Lease = null);

/// <summary>Answer of <c>POST …/objects:missing</c>.</summary>
/// <param name="Missing">Those that the server does not have.</param>
/// <param name="Lease">Keeps the others from being removed as garbage.</param>
/// <param name="ExpiresMs">Until then; milliseconds since 1970, UTC.</param>
public sealed record MissingObjects(IReadOnlyList<Digest> Missing, string Lease, long ExpiresMs);

/// <summary>Where an object lies.</summary>
/// <param name="Id">Of the object.</param>
/// <param name="Kind"><c>chunk</c>, <c>tree</c>, <c>commit</c>, <c>tag</c> or <c>recipe</c>.</param>
/// <param name="Pack">The pack, to be read by range with <c>GET …/packs/{id}</c>.</param>
/// <param name="Offset">Of the entry in the pack.</param>
/// <param name="Length">Bytes of the entry, its header among them.</param>
/// <param name="Size">Bytes of the object.</param>
public sealed record ObjectPlace(Digest Id, string Kind, Digest Pack, long Offset, int Length, int Size);

/// <summary>Answer of <c>POST …/objects:locate</c>; objects that the server does not have are left out.</summary>
/// <param name="Items">In order of pack and offset; a difference comes with what it differs from.</param>
public sealed record ObjectPlaces(IReadOnlyList<ObjectPlace> Items);

/// <summary>Body of <c>POST …/uploads</c>: a pack that will be sent.</summary>
/// <param name="Size">Bytes, at most 1 GiB and a little.</param>
/// <param name="Sha256">Of the whole pack; its name.</param>
public sealed record PackRequest(long Size, Digest Sha256);

/// <summary>How far a pack has arrived.</summary>
/// <param name="Id">Of the upload; the unfinished upload of the same pack is continued.</param>
/// <param name="Received">Bytes that the server holds; the next piece begins there.</param>
/// <param name="Size">Bytes in all.</param>
/// <param name="PartSize">Largest piece, bytes.</param>
/// <param name="Completed">Whether the pack is verified and usable.</param>
public sealed record PackProgress(string Id, long Received, long Size, int PartSize, bool Completed);
