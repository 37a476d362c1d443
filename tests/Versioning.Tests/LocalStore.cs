using Temper.Core.Ids;
using Temper.Storage.Folder;
using Temper.Storage.Sql;
using Temper.Testing;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Tests;

/// <summary>A content store in a folder of its own, over SQLite, for tests of what is built on objects.</summary>
public sealed class LocalStore : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Db _db;

    private LocalStore()
    {
        _db = Db.Sqlite(_folder.Of("store.db"));
        Objects = new(new FolderBlobStore(_folder.Of("blobs"), TimeProvider.System), _db, TimeProvider.System, _folder.Path);
    }

    public ContentStore Objects { get; }

    public TempFolder Folder => _folder;

    public static async Task<LocalStore> NewAsync()
    {
        var store = new LocalStore();
        await store._db.ExecuteAsync(VersioningSchema.Version1, null, default);
        return store;
    }

    /// <summary>Fills a batch, stores and records it.</summary>
    public async Task<T> AddAsync<T>(Func<IObjectBatch, Task<T>> fill)
    {
        await using var batch = Objects.NewBatch();
        var made = await fill(batch);
        await SaveAsync(batch);
        return made;
    }

    /// <summary>Stores and records a batch.</summary>
    public async Task SaveAsync(IObjectBatch batch)
    {
        await batch.StoreAsync(default);
        await _db.InTransactionAsync(((ContentBatch)batch).RecordAsync, default);
    }

    public Task<Digest> AddFileAsync(byte[] content, string? name = null) =>
        AddAsync(async batch => (await batch.AddFileAsync(new MemoryStream(content), new(name), default)).Id);

    public async Task<byte[]> ReadAsync(Digest file)
    {
        await using var stream = await ((IObjectStore)Objects).OpenFileAsync(file, 0, null, default);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        await _db.DisposeAsync();
        _folder.Dispose();
    }

    public static Signature Someone { get; } = new("Some One", "one@example.org", 1_700_000_000_123, 60);
}
