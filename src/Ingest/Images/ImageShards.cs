using System.Globalization;
using System.Text;
using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Work;
using Temper.Models;

namespace Temper.Ingest;

/// <summary>
/// Writes the images of a version into archives <c>images-00000.tar</c>… and their index. An archive ends once it has so many bytes. The bytes depend on the
/// images and their order alone.
/// </summary>
internal sealed class ImageShards(IBlobStore blobs, IngestPlan plan, long most, bool enabled) : IAsyncDisposable
{
    private const int Block = 512;
    private readonly Queue<int> _waiting = new();
    private readonly HashSet<Digest> _written = [];
    private readonly List<FileEntry> _done = [];
    private readonly ByteBuffer _index = new(4096);
    private SealedFile? _open;

    /// <summary>Takes the image of an accepted record; <see cref="FlushAsync"/> writes it, once however often it is taken.</summary>
    public void Add(int file)
    {
        if (enabled && _written.Add(plan.Files[file].Sha256))
            _waiting.Enqueue(file);
    }

    /// <summary>Writes what waits.</summary>
    public async ValueTask FlushAsync(CancellationToken ct)
    {
        while (_waiting.TryDequeue(out var file))
        {
            _open ??= await BeginAsync(SealedImages.ShardName(_done.Count), ct).ConfigureAwait(false);
            await WriteAsync(plan.Files[file], _open, ct).ConfigureAwait(false);
            if (_open.Length >= most)
                await CloseAsync(ct).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the last archive and writes the index; the files, in order, the index last. Nothing where nothing was taken.</summary>
    public async Task<IReadOnlyList<FileEntry>> EndAsync(CancellationToken ct)
    {
        await FlushAsync(ct).ConfigureAwait(false);
        if (_open is not null)
            await CloseAsync(ct).ConfigureAwait(false);
        if (!enabled)
            return [];
        await using var index = await BeginAsync(SealedImages.IndexName, ct).ConfigureAwait(false);
        index.Pending.Add(_index.Written);
        _done.Add(await index.EndAsync(ct).ConfigureAwait(false));
        DurableSteps.Passed("ingest.image_index_written");
        return _done;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _open?.DisposeAsync() ?? ValueTask.CompletedTask;

    private Task<SealedFile> BeginAsync(string name, CancellationToken ct) =>
        SealedFile.BeginAsync(blobs, BlobLayout.Dataset(plan.Dataset, plan.Keys.Version, name), name, ct);

    private async Task WriteAsync(SourceFile file, SealedFile shard, CancellationToken ct)
    {
        await using var stream = await blobs.OpenAsync(BlobKey.Parse(file.Upload.Key), 0, null, null, ct).ConfigureAwait(false);
        var bytes = new byte[file.Size];
        if (await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, ct).ConfigureAwait(false) < bytes.Length || Digest.Of(bytes) != file.Sha256)
            throw new TemperException([new Problem("SRC_CHANGED", $"'{file.Path}' changed while it was ingested.") { File = file.Path }]);
        shard.Pending.Add(Header($"{file.Sha256.Hex}.{(ImageSignature.Of(bytes) == ImageFormat.Png ? "png" : "jpg")}", file.Size));
        var place = new ImagePlace(file.Sha256, SealedImages.ShardName(_done.Count), shard.Length, file.Size);
        shard.Pending.Add(bytes);
        shard.Pending.Add(new byte[(int)((Block - file.Size % Block) % Block)]);
        await shard.FlushAsync(ct).ConfigureAwait(false);
        _index.Add(JsonSerializer.SerializeToUtf8Bytes(place, Wire.Json));
        _index.Add((byte)'\n');
    }

    private async Task CloseAsync(CancellationToken ct)
    {
        _open!.Pending.Add(new byte[2 * Block]);
        _done.Add(await _open.EndAsync(ct).ConfigureAwait(false));
        await _open.DisposeAsync().ConfigureAwait(false);
        _open = null;
        DurableSteps.Passed("ingest.image_shard_written");
    }

    /// <summary>Header of an entry (POSIX ustar): a plain file, readable by all, without time or owner.</summary>
    private static byte[] Header(string name, long size)
    {
        var header = new byte[Block];
        Encoding.ASCII.GetBytes(name).CopyTo(header, 0);
        Octal(0x1A4, 7, header.AsSpan(100));
        Octal(0, 7, header.AsSpan(108));
        Octal(0, 7, header.AsSpan(116));
        Octal(size, 11, header.AsSpan(124));
        Octal(0, 11, header.AsSpan(136));
        "        0"u8.CopyTo(header.AsSpan(148));
        "ustar\000"u8.CopyTo(header.AsSpan(257));
        "00"u8.CopyTo(header.AsSpan(263));
        Octal(header.Sum(b => (long)b), 6, header.AsSpan(148));
        (header[154], header[155]) = (0, (byte)' ');
        return header;
    }

    private static void Octal(long value, int digits, Span<byte> target) =>
        Encoding.ASCII.GetBytes(Convert.ToString(value, 8).PadLeft(digits, '0'), target);
}
