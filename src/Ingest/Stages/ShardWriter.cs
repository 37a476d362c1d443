using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>Writes records into files <c>{prefix}-00000.jsonl</c>, <c>{prefix}-00001.jsonl</c>…, each at most so many bytes unless one record is longer.</summary>
internal sealed class ShardWriter(IBlobStore blobs, IngestPlan plan, string prefix, long most, bool enabled) : IAsyncDisposable
{
    private readonly ByteBuffer _waiting = new(512 << 10);
    private readonly Queue<int> _lengths = new();
    private readonly List<FileEntry> _done = [];
    private SealedFile? _open;

    /// <summary>Takes one record; <see cref="FlushAsync"/> writes it.</summary>
    public void Add(ReadOnlySpan<byte> body)
    {
        if (!enabled)
            return;
        _waiting.Add(body);
        _waiting.Add((byte)'\n');
        _lengths.Enqueue(body.Length + 1);
    }

    /// <summary>Writes what waits.</summary>
    public async ValueTask FlushAsync(CancellationToken ct)
    {
        for (var at = 0; _lengths.TryDequeue(out var length); at += length)
        {
            if (_open is not null && _open.Length + length > most)
                await CloseAsync(ct).ConfigureAwait(false);
            _open ??= await BeginAsync(ct).ConfigureAwait(false);
            _open.Pending.Add(_waiting.Written.Slice(at, length));
            await _open.FlushAsync(ct).ConfigureAwait(false);
        }
        _waiting.Clear();
    }

    /// <summary>Ends the last file; the files, in order.</summary>
    public async Task<List<FileEntry>> EndAsync(CancellationToken ct)
    {
        await FlushAsync(ct).ConfigureAwait(false);
        if (_open is not null)
            await CloseAsync(ct).ConfigureAwait(false);
        return _done;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _open?.DisposeAsync() ?? ValueTask.CompletedTask;

    private Task<SealedFile> BeginAsync(CancellationToken ct)
    {
        var name = FormattableString.Invariant($"{prefix}-{_done.Count:D5}.jsonl");
        return SealedFile.BeginAsync(blobs, BlobLayout.Dataset(plan.Dataset, plan.Keys.Version, name), name, ct);
    }

    private async Task CloseAsync(CancellationToken ct)
    {
        _done.Add(await _open!.EndAsync(ct).ConfigureAwait(false));
        await _open.DisposeAsync().ConfigureAwait(false);
        _open = null;
        DurableSteps.Passed("ingest.shard_written");
    }
}
