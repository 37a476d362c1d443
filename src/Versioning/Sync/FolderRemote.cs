using System.Runtime.CompilerServices;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Versioning.Care;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;
using Temper.Versioning.Safety;
using Temper.Versioning.Signing;

namespace Temper.Versioning.Sync;

/// <summary>A repository in another folder of this machine, bare or with a work tree. Its references move under its lock.</summary>
public sealed class FolderRemote : IRemote
{
    private const long BatchBytes = 64 << 20;

    private readonly Repository _other;
    private readonly Signature _who;
    private IDisposable? _use;

    private FolderRemote(string address, Repository other, Signature who) => (Address, _other, _who) = (address, other, who);

    /// <inheritdoc/>
    public string Address { get; }

    /// <summary>Opens the repository that lies in <paramref name="folder"/> itself.</summary>
    /// <param name="folder">Its folder, or that of its work tree.</param>
    /// <param name="who">Whom its log of moves names.</param>
    /// <param name="clock">What tells the time.</param>
    /// <param name="ct">Ends the work.</param>
    /// <exception cref="TemperException">Code <c>remote_unknown</c>.</exception>
    public static async Task<FolderRemote> OpenAsync(string folder, Signature who, TimeProvider clock, CancellationToken ct)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        try
        {
            var other = Directory.Exists(full) ? await Repository.OpenAsync(full, clock, ct) : throw Unknown(folder);
            if (other.WorkFolder == full || other.Home == full)
                return new(folder, other, who);
            await other.DisposeAsync();
            throw Unknown(folder);
        }
        catch (TemperException error) when (error.Code == "not_a_repository")
        {
            throw Unknown(folder, error);
        }
    }

    /// <inheritdoc/>
    public async Task<RemoteState> ReadAsync(CancellationToken ct)
    {
        var refs = (await _other.Refs.ListAsync("refs/", ct)).Where(r => !r.Name.StartsWith(RefName.Remotes, StringComparison.Ordinal));
        return new([.. refs.Select(r => KeyValuePair.Create(r.Name, r.Target))], (await _other.Refs.HeadAsync(ct)).Branch);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<GraphItem> NegotiateAsync(GraphQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(query);
        await foreach (var item in new GraphWalk(_other.Objects, query with { Boundary = [.. ShallowFile.Read(_other)] }).ItemsAsync(ct))
            if (item.Kind != ObjectKind.Chunk)
                yield return item;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<GraphItem> FetchAsync(IReadOnlyCollection<Digest> chunks, [EnumeratorCancellation] CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(chunks);
        foreach (var chunk in chunks)
            yield return new(ObjectKind.Chunk, chunk, await _other.Objects.FindBodyAsync(chunk, ObjectKind.Chunk, ct)
                ?? throw new TemperException("object_missing", $"The chunk {chunk} is not in the repository at {Address}."));
    }

    /// <inheritdoc/>
    public async Task<IReadOnlySet<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> ids, CancellationToken ct)
    {
        // What it has, and will not be sent, must not be collected before its references lead to it.
        _use ??= await ObjectUse.ShareAsync(_other.Home, _other.Clock, ct);
        return (await _other.Objects.FindMissingAsync(ids, ct)).ToHashSet();
    }

    /// <inheritdoc/>
    public async Task SendAsync(IAsyncEnumerable<GraphItem> objects, CancellationToken ct)
    {
        var (batch, size) = (_other.Objects.BeginBatch(), 0L);
        try
        {
            await foreach (var item in objects.WithCancellation(ct))
            {
                batch.AddBody(item.Kind, item.Id, item.Body);
                if ((size += item.Body.Length) < BatchBytes)
                    continue;
                await batch.StoreAsync(ct);
                await batch.DisposeAsync();
                (batch, size) = (_other.Objects.BeginBatch(), 0);
            }
            await batch.StoreAsync(ct);
        }
        finally
        {
            await batch.DisposeAsync();
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RefOutcome>> UpdateRefsAsync(IReadOnlyList<RefMove> moves, bool atomic, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(moves);
        using var held = await _other.LockAsync(ct);
        var refs = (await _other.Refs.ListAsync("refs/", ct)).ToDictionary(r => r.Name, r => r.Target, StringComparer.Ordinal);
        var rules = new RefRules(_other.Objects, refs, ShallowFile.Read(_other))
        {
            Policy = new(FormatRules.From(_other.Config.Get)),
            Signed = _other.Config.GetAll("security.requireSigned"),
            Trusted = TrustedKeys.From(_other.Config.All),
        };
        var head = await _other.Refs.HeadAsync(ct);
        var outcomes = new List<RefOutcome>();
        foreach (var move in moves.OrderBy(m => m.Name, StringComparer.Ordinal))
            outcomes.Add(await rules.RefuseAsync(move, ct)
                ?? (!_other.IsBare && move.Name == head.Branch ? new(move.Name, "checked-out", move.Old, $"{RefName.Short(move.Name)} is checked out at {Address}; push to another branch, or to a bare repository.")
                    : new RefOutcome(move.Name, "ok", move.New)));
        if (atomic && outcomes.Exists(o => o.Status != "ok"))
            return [.. outcomes.Where(o => o.Status != "ok")];
        var taken = outcomes.Where(o => o.Status == "ok").Select(o => o.Name).ToHashSet(StringComparer.Ordinal);
        await _other.Refs.UpdateAsync([.. moves.Where(m => taken.Contains(m.Name)).Select(m => new RefUpdate(m.Name, m.Old, m.New))], "push", _who, ct);
        return outcomes;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _use?.Dispose();
        return _other.DisposeAsync();
    }

    private static TemperException Unknown(string folder, Exception? inner = null) => new("remote_unknown", $"There is no repository at {folder}.", inner: inner);
}
