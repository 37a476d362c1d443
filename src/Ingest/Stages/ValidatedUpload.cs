using Temper.Core.Blobs;

namespace Temper.Ingest;

/// <summary>What validation left, as the later stages see it: verdicts in order, and which files are not trusted.</summary>
internal sealed class ValidatedUpload
{
    private readonly StageReader _reader;
    private readonly IReadOnlyList<IReadOnlyList<SliceSummary>> _slices;

    public ValidatedUpload(IBlobStore blobs, IngestPlan plan, IReadOnlyList<IReadOnlyList<SliceSummary>> slices)
    {
        (_reader, _slices) = (new(blobs, plan, slices), slices);
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

    /// <summary>Slices of trusted files, in upload order.</summary>
    public IEnumerable<(int File, SliceSummary Slice)> TrustedSlices() =>
        Files.Where(f => !Refused.Contains(f.File)).SelectMany(f => _slices[f.File].Select(slice => (f.File, slice)));

    /// <inheritdoc cref="StageReader.ReadSoundAsync"/>
    public Task ReadSliceAsync(int file, SliceSummary slice, Action<int, ReadOnlySpan<byte>> take, Func<ValueTask>? between, CancellationToken ct) =>
        _reader.ReadSoundAsync(file, slice, take, between, ct);

    /// <inheritdoc cref="StageReader.ReadAsync(int, SliceSummary, int, int, CancellationToken)"/>
    public Task<byte[]> ReadRecordAsync(int file, SliceSummary slice, int offset, int length, CancellationToken ct) => _reader.ReadAsync(file, slice, offset, length, ct);

    /// <summary>Sound records of trusted files: those that have an ordinal.</summary>
    public Task ReadSoundAsync(TakeRecord take, Func<ValueTask>? between, CancellationToken ct) => _reader.ReadAsync((file, sound, body) =>
    {
        if (sound && !Refused.Contains(file))
            take(file, body);
    }, between, ct);
}

/// <summary>One sound record.</summary>
/// <param name="file">Index of the file.</param>
/// <param name="body">The record's line; valid during the call.</param>
internal delegate void TakeRecord(int file, ReadOnlySpan<byte> body);
