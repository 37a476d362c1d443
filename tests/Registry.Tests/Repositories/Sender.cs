using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Storage.Folder;
using Temper.Storage.Sql;
using Temper.Testing;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;

namespace Temper.Registry.Tests.Repositories;

/// <summary>What a client does when it pushes, step by step, with a store of its own.</summary>
internal sealed class Sender(RegistryHost host, string name = "team/model") : IAsyncDisposable
{
    private static readonly Signature Someone = new("Some One", "one@example.org", 1_700_000_000_000);
    private readonly TempFolder _folder = new();
    private Db? _db;
    private ContentStore _store = null!;

    public RepositoryName Name { get; } = RepositoryName.TryParse(name, out var parsed) ? parsed : throw new ArgumentException(name);

    public RepositoryClient Client => host.Client.Repositories;

    public ContentStore Store => _store;

    public async Task<Sender> StartAsync(bool create = true)
    {
        _db = Db.Sqlite(_folder.Of("own.db"));
        await _db.ExecuteAsync(VersioningSchema.Version1, null, default);
        _store = new(new FolderBlobStore(_folder.Of("blobs"), TimeProvider.System), _db, TimeProvider.System, _folder.Path);
        if (create)
            await Client.CreateAsync(new(Name.Ns, Name.Name), default);
        return this;
    }

    /// <summary>Commits files in the sender's own store.</summary>
    public async Task<Digest> CommitAsync(IReadOnlyList<Digest> parents, params (string Path, byte[] Bytes)[] files)
    {
        await using var batch = _store.NewBatch();
        var stored = new Dictionary<SafePath, StoredFile>();
        foreach (var (path, bytes) in files)
            stored[SafePath.Parse(path)] = await batch.AddFileAsync(new MemoryStream(bytes), default);
        var commit = batch.AddCommit(new(batch.AddTree(stored), Someone, Someone, $"{files.Length} files\n") { Parents = parents });
        await batch.StoreAsync(default);
        await _db!.InTransactionAsync(batch.RecordAsync, default);
        return commit;
    }

    /// <summary>Every object behind a commit that is not behind the others, as one pack.</summary>
    public async Task<(byte[] Bytes, Digest Id)> PackAsync(Digest commit, IReadOnlyCollection<Digest> have, Func<ObjectKind, Digest, bool>? which = null)
    {
        var objects = new List<(ObjectKind Kind, Digest Id, byte[] Body)>();
        await foreach (var item in new Versioning.Sync.GraphWalk(_store, new([commit], have)).ItemsAsync(default))
        {
            if (item.Kind == ObjectKind.Recipe)
                foreach (var chunk in RecipeCodec.Decode(item.Body.Span).Chunks)
                    objects.Insert(0, (ObjectKind.Chunk, chunk.Id, (await _store.FindBodyAsync(chunk.Id, ObjectKind.Chunk, default))!));
            objects.Add((item.Kind, item.Id, item.Kind == ObjectKind.Chunk ? (await _store.FindBodyAsync(item.Id, ObjectKind.Chunk, default))! : item.Body.ToArray()));
        }
        return await PackAsync(objects.Where(o => which?.Invoke(o.Kind, o.Id) ?? true));
    }

    public async Task<(byte[] Bytes, Digest Id)> PackAsync(IEnumerable<(ObjectKind Kind, Digest Id, byte[] Body)> objects)
    {
        using var pack = new Versioning.Sync.OutgoingPack(_folder.Path);
        foreach (var (kind, id, body) in objects)
            pack.Add(kind, id, body);
        var name = pack.Finish();
        var bytes = new byte[pack.Size];
        pack.Content.Position = 0;
        await pack.Content.ReadExactlyAsync(bytes);
        return (bytes, name);
    }

    public async Task<PackProgress> SendAsync((byte[] Bytes, Digest Id) pack)
    {
        var upload = await Client.OpenUploadAsync(Name, new(pack.Bytes.Length, pack.Id), default);
        while (upload.Received < upload.Size)
            upload = await Client.SendAsync(Name, upload.Id, upload.Received,
                new MemoryStream(pack.Bytes, (int)upload.Received, (int)Math.Min(upload.PartSize, upload.Size - upload.Received)), default);
        return upload.Completed ? upload : await Client.CompleteAsync(Name, upload.Id, default);
    }

    /// <summary>Sends what is lacking and moves one reference.</summary>
    public async Task<RefOutcomes> PushAsync(string reference, Digest? old, Digest next, bool force = false)
    {
        await SendAsync(await PackAsync(next, [.. (await Client.RefsAsync(Name, "", default)).Select(r => r.Target)]));
        return await Client.UpdateRefsAsync(Name, new([new(reference, old, next, force)]), default);
    }

    public async ValueTask DisposeAsync()
    {
        await _db!.DisposeAsync();
        _folder.Dispose();
    }
}
