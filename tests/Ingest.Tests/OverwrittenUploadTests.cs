using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Work;

namespace Temper.Ingest.Tests;

/// <summary>I4: a blob that is written over while its upload is ingested ends the work; records of two versions are never mixed.</summary>
public sealed class OverwrittenUploadTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task A_file_of_the_same_size_in_its_place_is_another_file(int readings)
    {
        using var uploads = new Uploads { Options = new() { SliceBytes = 3000, ShardBytes = 5000 } };
        var payload = await uploads.PutAsync("up", ("a.jsonl", Uploads.Lines(Uploads.Chats(60))));
        var file = payload.Files[0];
        var found = (await uploads.Blobs.FindAsync(BlobKey.Parse(file.Key), default))!;
        payload = payload with { Files = [file with { Version = found.ETag }] };
        var store = new OverwritingBlobStore(uploads.Blobs, found, Uploads.Lines(Uploads.Chats(60, from: 60)), readings);
        var error = await Record.ExceptionAsync(async () =>
        {
            // Each attempt of a worker goes on behind the last slice that was committed.
            for (var attempt = 0; attempt < 3; attempt++)
                await uploads.IngestAsync(payload, store);
        });
        if (store.Overwrote)
            Assert.Equal("SRC_CHANGED", Assert.IsType<TemperException>(error).Code);
        else
            Assert.Null(error);
        Assert.True(store.Overwrote || readings > 1);
    }

    /// <summary>A real store in which somebody replaces a blob before its n-th reading.</summary>
    private sealed class OverwritingBlobStore(IBlobStore inner, BlobInfo target, byte[] content, int readings) : IBlobStore
    {
        private int _left = readings;

        public bool Overwrote => _left <= 0;

        public async Task<Stream> OpenAsync(BlobKey key, long offset, long? length, string? pinned, CancellationToken ct)
        {
            if (key == target.Key && Interlocked.Decrement(ref _left) == 0)
                await inner.ReplaceAsync(key, content, target.ETag, ct);
            return await inner.OpenAsync(key, offset, length, pinned, ct);
        }

        public Task<BlobInfo?> FindAsync(BlobKey key, CancellationToken ct) => inner.FindAsync(key, ct);

        public Task<BlobInfo?> CreateAsync(BlobKey key, Stream from, CancellationToken ct) => inner.CreateAsync(key, from, ct);

        public Task<BlobInfo> ReplaceAsync(BlobKey key, ReadOnlyMemory<byte> bytes, string expected, CancellationToken ct) => inner.ReplaceAsync(key, bytes, expected, ct);

        public IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken ct) => inner.ListAsync(prefix, ct);

        public Task<bool> DeleteAsync(BlobKey key, string? expected, CancellationToken ct) => inner.DeleteAsync(key, expected, ct);

        public Task<string> BeginPartsAsync(BlobKey key, CancellationToken ct) => inner.BeginPartsAsync(key, ct);

        public Task<BlobPart> StagePartAsync(BlobKey key, string token, int number, Stream part, CancellationToken ct) => inner.StagePartAsync(key, token, number, part, ct);

        public Task<BlobInfo?> CommitPartsAsync(BlobKey key, string token, IReadOnlyList<BlobPart> parts, CancellationToken ct) => inner.CommitPartsAsync(key, token, parts, ct);

        public Task AbandonPartsAsync(BlobKey key, string token, CancellationToken ct) => inner.AbandonPartsAsync(key, token, ct);
    }
}
