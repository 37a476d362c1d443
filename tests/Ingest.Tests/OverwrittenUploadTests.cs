using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Work;
using Temper.Testing;

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
    private sealed class OverwritingBlobStore(IBlobStore inner, BlobInfo target, byte[] content, int readings) : PassingBlobStore(inner)
    {
        private int _left = readings;

        public bool Overwrote => _left <= 0;

        public override async Task<Stream> OpenAsync(BlobKey key, long offset, long? length, string? pinned, CancellationToken ct)
        {
            if (key == target.Key && Interlocked.Decrement(ref _left) == 0)
                await base.ReplaceAsync(key, content, target.ETag, ct);
            return await base.OpenAsync(key, offset, length, pinned, ct);
        }
    }
}
