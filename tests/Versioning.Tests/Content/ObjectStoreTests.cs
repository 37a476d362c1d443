using Temper.Storage.Folder;
using Temper.Storage.Sql;
using Temper.Testing;
using Temper.Versioning.Content;

namespace Temper.Versioning.Tests;

public sealed class PackFolderContractTests : ObjectStoreContract
{
    protected override Task<IObjectStore> OpenAsync(TempFolder folder) => Task.FromResult<IObjectStore>(new PackFolder(folder.Of("objects"), TimeProvider.System));

    protected override IEnumerable<string> PackFiles() => Directory.GetFiles(Folder.Of("objects", "packs"));

    protected override Task CloseAsync()
    {
        ((PackFolder)Store).Dispose();
        return Task.CompletedTask;
    }
}

public sealed class ContentStoreContractTests : ObjectStoreContract
{
    private Db _db = null!;

    protected override async Task<IObjectStore> OpenAsync(TempFolder folder)
    {
        _db = Db.Sqlite(folder.Of("temper.db"));
        await _db.ExecuteAsync(VersioningSchema.Version1, null, Ct);
        return new ContentStore(new FolderBlobStore(folder.Of("blobs"), TimeProvider.System), _db, TimeProvider.System, folder.Path);
    }

    protected override async Task KeepAsync(IObjectBatch batch)
    {
        await batch.StoreAsync(Ct);
        await _db.InTransactionAsync(((ContentBatch)batch).RecordAsync, Ct);
    }

    protected override IEnumerable<string> PackFiles() =>
        Directory.GetDirectories(Folder.Of("blobs", "blobs"), "packs+").SelectMany(packs => Directory.GetFiles(packs, "*", SearchOption.AllDirectories));

    protected override async Task CloseAsync() => await _db.DisposeAsync();
}
