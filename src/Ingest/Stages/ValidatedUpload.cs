using Temper.Core.Blobs;

namespace Temper.Ingest;

/// <summary>What validation left, as the later stages see it: verdicts in order, and which files are not trusted.</summary>
internal sealed class ValidatedUpload
{
    private readonly StageReader _reader;
    private readonly SplitRule _split;
    private readonly IReadOnlyList<IReadOnlyList<SliceSummary>> _slices;

    public ValidatedUpload(IBlobStore blobs, IngestPlan plan, IReadOnlyList<IReadOnlyList<SliceSummary>> slices)
    {
        (_reader, _slices, _split) = (new(blobs, plan, slices), slices, new(plan.Config.Split));
        Files = [.. plan.Files.Select((_, index) => new FileTally { File = index })];
        foreach (var file in Files)
        {
            foreach (var slice in slices[file.File])
                file.Add(slice.Tally);
        }
        Refused = Files.Where(f => f.Fault is { } fault && !(fault.Partial && plan.Config.AcceptPartial)).Select(f => f.File).ToHashSet();
    }

    /// <summary>Each file's tally, in order.</summary>
    public IReadOnlyList<FileTally> Files { get; }

    /// <summary>Files of which nothing is accepted.</summary>
    public IReadOnlySet<int> Refused { get; }

    /// <summary>Every verdict.</summary>
    public Task ReadAsync(TakeVerdict take, Func<ValueTask>? between, CancellationToken ct) => _reader.ReadAsync(take, between, ct);

    /// <summary>Every verdict from the slice on that holds a record, by its place among all records of the upload.</summary>
    public async Task ReadFromAsync(long from, TakeCounted take, Func<ValueTask> between, CancellationToken ct)
    {
        var (record, ordinal) = (0L, 0L);
        for (var file = 0; file < _slices.Count; file++)
        {
            var trusted = !Refused.Contains(file);
            foreach (var slice in _slices[file])
            {
                if (record + slice.Tally.RecordsIn <= from)
                {
                    (record, ordinal) = (record + slice.Tally.RecordsIn, ordinal + (trusted ? slice.Tally.Accepted : 0));
                    continue;
                }
                await _reader.ReadAsync(file, slice, (index, mark, body) => take(index, mark, record++, trusted && mark != VerdictMark.Aside ? ordinal++ : -1, body), between, ct).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Slices of trusted files, in upload order.</summary>
    public IEnumerable<(int File, SliceSummary Slice)> TrustedSlices() =>
        Files.Where(f => !Refused.Contains(f.File)).SelectMany(f => _slices[f.File].Select(slice => (f.File, slice)));

    /// <inheritdoc cref="StageReader.ReadSoundAsync"/>
    public Task ReadSliceAsync(int file, SliceSummary slice, Action<int, ReadOnlySpan<byte>> take, Func<ValueTask>? between, CancellationToken ct) =>
        _reader.ReadSoundAsync(file, slice, take, between, ct);

    /// <inheritdoc cref="StageReader.ReadAsync(int, SliceSummary, int, int, CancellationToken)"/>
    public Task<byte[]> ReadRecordAsync(int file, SliceSummary slice, int offset, int length, CancellationToken ct) => _reader.ReadAsync(file, slice, offset, length, ct);

    /// <summary>The quarantined lines as they came, in upload order, in pieces.</summary>
    public async Task ReadAsideAsync(Func<ReadOnlyMemory<byte>, ValueTask> take, CancellationToken ct)
    {
        for (var file = 0; file < _slices.Count; file++)
        {
            foreach (var slice in _slices[file])
                await _reader.ReadAsideAsync(file, slice, take, ct).ConfigureAwait(false);
        }
    }

    /// <summary>Sound records of trusted files that repeat no other.</summary>
    public Task ReadKeptAsync(RepeatTable repeats, TakeKept take, CancellationToken ct) => ReadKeptAsync(repeats, take, null, ct);

    /// <summary>Sound records of trusted files that repeat no other; calls <paramref name="between"/> now and then.</summary>
    public Task ReadKeptAsync(RepeatTable repeats, TakeKept take, Func<ValueTask>? between, CancellationToken ct)
    {
        var next = 0L;
        return _reader.ReadAsync((file, mark, body) =>
        {
            if (mark != VerdictMark.Aside && !Refused.Contains(file) && next++ is var ordinal && !repeats.Contains(ordinal))
                take(file, IsEval(mark, body), ordinal, body);
        }, between, ct);
    }

    /// <summary>Whether a sound record is kept for evaluation.</summary>
    public bool IsEval(byte mark, ReadOnlySpan<byte> body) => mark == VerdictMark.SoundEval || _split.IsEval(body);

    /// <summary>Sound records of trusted files: those that have an ordinal.</summary>
    public Task ReadSoundAsync(TakeRecord take, Func<ValueTask>? between, CancellationToken ct) => _reader.ReadAsync((file, mark, body) =>
    {
        if (mark != VerdictMark.Aside && !Refused.Contains(file))
            take(file, body);
    }, between, ct);
}

/// <summary>One verdict with its place.</summary>
/// <param name="file">Index of the file.</param>
/// <param name="mark">Of <see cref="VerdictMark"/>.</param>
/// <param name="record">Place among all records of the upload.</param>
/// <param name="ordinal">Place among the sound records of trusted files; -1 for another one.</param>
/// <param name="body">JSON; valid during the call.</param>
internal delegate void TakeCounted(int file, byte mark, long record, long ordinal, ReadOnlySpan<byte> body);

/// <summary>One sound record that repeats no other.</summary>
/// <param name="file">Index of the file.</param>
/// <param name="eval">Whether it is kept for evaluation.</param>
/// <param name="ordinal">Place among the sound records of trusted files.</param>
/// <param name="body">The record's line; valid during the call.</param>
internal delegate void TakeKept(int file, bool eval, long ordinal, ReadOnlySpan<byte> body);

/// <summary>One sound record.</summary>
/// <param name="file">Index of the file.</param>
/// <param name="body">The record's line; valid during the call.</param>
internal delegate void TakeRecord(int file, ReadOnlySpan<byte> body);
