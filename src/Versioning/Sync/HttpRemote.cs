using System.Runtime.CompilerServices;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Sync;

/// <summary>A repository on a server.</summary>
public sealed class HttpRemote : IRemote
{
    private const int MostIds = 10_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly RegistryClient _client;
    private readonly RepositoryName _repo;
    private readonly string _scratch;
    private readonly TransferMeter _meter;
    private readonly TimeProvider _clock;
    private string? _lease;

    /// <param name="address">Such as <c>http://127.0.0.1:5080/team/model</c>.</param>
    /// <param name="apiKey">Sent as bearer token where given.</param>
    /// <param name="scratch">An existing folder for packs on their way.</param>
    /// <param name="meter">Counts what is sent and received.</param>
    /// <param name="clock">What tells the time.</param>
    /// <exception cref="TemperException">Code <c>remote_unknown</c>: the address does not end in the name of a repository.</exception>
    public HttpRemote(Uri address, string? apiKey, string scratch, TransferMeter meter, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(address);
        var path = address.AbsolutePath.Trim('/').Split('/');
        _repo = path.Length >= 2 && RepositoryName.TryParse($"{path[^2]}/{path[^1]}", out var name)
            ? name : throw new TemperException("remote_unknown", $"{address} does not name a repository.", "Addresses look like http://HOST:PORT/NS/NAME.");
        Address = address.ToString();
        _client = new(new Uri(address, "/" + string.Join('/', path[..^2])), apiKey, Patience, clock);
        (_scratch, _meter, _clock) = (scratch, meter, clock);
    }

    /// <inheritdoc/>
    public string Address { get; }

    /// <summary>Bytes at which a pack is sent. 1 MiB and more; default 64 MiB.</summary>
    public long PackSize { get; init; } = 64 << 20;

    private RepositoryClient Client => _client.Repositories;

    /// <summary>Makes the repository on the server unless it is there.</summary>
    public async Task EnsureAsync(string defaultBranch, CancellationToken ct)
    {
        if (await Client.FindAsync(_repo, ct) is null)
            await Client.CreateAsync(new(_repo.Ns, _repo.Name, null, defaultBranch), ct);
    }

    /// <inheritdoc/>
    public async Task<RemoteState> ReadAsync(CancellationToken ct)
    {
        var info = await Client.FindAsync(_repo, ct) ?? throw new TemperException("remote_unknown", $"There is no repository {_repo} at {_client.Address}.", "`temper push --create` makes it.");
        var refs = await Client.RefsAsync(_repo, "refs/", ct);
        return new([.. refs.Select(r => KeyValuePair.Create(r.Name, r.Target))], "refs/heads/" + info.DefaultBranch);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<GraphItem> NegotiateAsync(GraphQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(query);
        var (pauses, seen) = (new RetryPauses(Address, _clock), 0);
        var ended = false;
        while (!ended)
        {
            await using var lines = Client.NegotiateAsync(_repo, Request(query, seen), ct).GetAsyncEnumerator(ct);
            while (!ended && await NextAsync(lines, pauses, ct) is { } line)
            {
                ended = line.Kind == "end";
                if (ended && line.Count != seen)
                    throw new TemperException("object_missing", $"{Address} counted {line.Count} objects and sent {seen}.");
                if (ended)
                    continue;
                seen++;
                yield return Item(line);
            }
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<GraphItem> FetchAsync(IReadOnlyCollection<Digest> chunks, [EnumeratorCancellation] CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(chunks);
        var fetcher = new PackFetcher(Client, _repo, new(Address, _clock), _meter);
        foreach (var some in chunks.Chunk(MostIds))
            await foreach (var item in fetcher.FetchAsync(some, ct))
                yield return item;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlySet<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> ids, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var missing = new HashSet<Digest>();
        foreach (var some in ids.Chunk(MostIds))
        {
            var answer = await Client.MissingAsync(_repo, new(some, _lease), ct);
            _lease = answer.Lease;
            missing.UnionWith(answer.Missing);
        }
        return missing;
    }

    /// <inheritdoc/>
    public async Task SendAsync(IAsyncEnumerable<GraphItem> objects, CancellationToken ct)
    {
        var uploader = new PackUploader(Client, _repo, new(Address, _clock), _meter);
        var pack = new OutgoingPack(_scratch);
        try
        {
            await foreach (var item in objects.WithCancellation(ct))
            {
                pack.Add(item.Kind, item.Id, item.Body);
                if (pack.Size < PackSize)
                    continue;
                await uploader.SendAsync(pack.Finish(), pack.Content, ct);
                pack.Dispose();
                pack = new(_scratch);
            }
            if (pack.Count > 0)
                await uploader.SendAsync(pack.Finish(), pack.Content, ct);
        }
        finally
        {
            pack.Dispose();
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RefOutcome>> UpdateRefsAsync(IReadOnlyList<RefMove> moves, bool atomic, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(moves);
        try
        {
            return (await Client.UpdateRefsAsync(_repo, new(moves, atomic, _lease), ct)).Results;
        }
        catch (TemperException error) when (error.Problems.Select(RefRules.Outcome).ToList() is var outcomes && outcomes.TrueForAll(o => o is not null))
        {
            // An answer that was lost on the way makes a repeated request find its own work done.
            return [.. outcomes.Select(o => o!.Status == "stale-ref" && moves.Any(m => m.Name == o.Name && m.New == o.Current) ? o with { Status = "ok" } : o!)];
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private static NegotiateRequest Request(GraphQuery query, int skip) =>
        new([.. query.Want], [.. query.Have], [.. query.Shallow], query.Depth, query.LargestFile is { } size ? FormattableString.Invariant($"size:{size}") : null, skip);

    private static GraphItem Item(NegotiateLine line)
    {
        var kind = line.Kind switch { "commit" => ObjectKind.Commit, "tree" => ObjectKind.Tree, "tag" => ObjectKind.Tag, "recipe" => ObjectKind.Recipe, _ => default };
        return kind != default && line is { Id: { } id, Body: { } body } && ObjectIds.Of(kind, body) == id
            ? new(kind, id, body, line.Cut)
            : throw new TemperException("object_corrupt", $"The server sent a {line.Kind} {line.Id} that does not have the digest that names it.");
    }

    /// <summary>The next line; null when the connection broke and the question must be asked again.</summary>
    private static async Task<NegotiateLine?> NextAsync(IAsyncEnumerator<NegotiateLine> lines, RetryPauses pauses, CancellationToken ct)
    {
        try
        {
            if (!await lines.MoveNextAsync().AsTask().WaitAsync(RetryPauses.Silence, ct))
                throw new IOException("The answer ends before its last line.");
            pauses.Succeeded();
            return lines.Current;
        }
        catch (Exception error) when (RetryPauses.IsBroken(error) || error is InvalidDataException)
        {
            await pauses.FailedAsync(error, ct);
            return null;
        }
    }
}
