using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>Writes records into files <c>{prefix}-00000.jsonl</c>, <c>{prefix}-00001.jsonl</c>…, each at most so many bytes unless one record is longer.</summary>
/// <param name="blobs">Where they go.</param>
/// <param name="plan">Of the version.</param>
/// <param name="prefix">What their names begin with.</param>
/// <param name="most">Bytes of a file.</param>
/// <param name="enabled">Whether anything is written at all.</param>
/// <param name="earlier">Files that an earlier turn wrote, and where to go on.</param>
internal sealed class ShardWriter(IBlobStore blobs, IngestPlan plan, string prefix, long most, bool enabled, ShardsDone earlier) : IAsyncDisposable
{
    private readonly ByteBuffer _waiting = new(512 << 10);
    private readonly Queue<(int Length, long Record)> _lengths = new();
    private readonly List<FileEntry> _done = [.. earlier.Files];
    private SealedFile? _open;
    private long _from;

    /// <summary>Takes one record, unless an earlier turn wrote it; <see cref="FlushAsync"/> writes it.</summary>
    /// <param name="record">Its place among all records of the upload.</param>
    /// <param name="body">Its line.</param>
    public void Add(long record, ReadOnlySpan<byte> body)
    {
        if (!enabled || record < earlier.From)
            return;
        _waiting.Add(body);
        _waiting.Add((byte)'\n');
        _lengths.Enqueue((body.Length + 1, record));
    }

    /// <summary>Writes what waits.</summary>
    public async ValueTask FlushAsync(CancellationToken ct)
    {
        for (var at = 0; _lengths.TryDequeue(out var next); at += next.Length)
        {
            var length = next.Length;
            if (_open is not null && _open.Length + length > most)
                await CloseAsync(ct).ConfigureAwait(false);
            if (_open is null)
                (_open, _from) = (await BeginAsync(ct).ConfigureAwait(false), next.Record);
            _open.Pending.Add(_waiting.Written.Slice(at, length));
            await _open.FlushAsync(ct).ConfigureAwait(false);
        }
        _waiting.Clear();
    }

    /// <summary>What is whole, once all that waited is written.</summary>
    /// <param name="next">The record that comes next.</param>
    public ShardsDone Done(long next) => new(_open is null ? next : _from, [.. _done]);

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
