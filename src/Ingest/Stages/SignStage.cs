using Temper.Core.Blobs;

namespace Temper.Ingest;

/// <summary>The signs of one slice's sound records.</summary>
/// <param name="Data">Of <see cref="RecordSigns"/>; null when there is none.</param>
/// <param name="Count">Records.</param>
/// <param name="Shape">What the records are like.</param>
internal sealed record SignSummary(StageData? Data, int Count, RecordShape Shape);

/// <summary>
/// Makes and reads <see cref="RecordSigns"/>, slice by slice, beside the slices themselves: an unchanged file is not read again to find its copies.
/// Validation makes them with the slices; what it did not make is made here.
/// </summary>
internal sealed class SignStage(IBlobStore blobs, IngestPlan plan, ValidatedUpload upload, WorkTurn turn)
{
    private readonly NearConfig _near = plan.Config.Dedup.Near;
    private readonly RecordSigns _signs = RecordSigner.Layout(plan.Config.Dedup.Near);
    private readonly RecordSigner _signer = new(plan.Config.Dedup.Near);
    private readonly ByteBuffer _buffer = new(1 << 16);

    /// <summary>Name of the signs of a slice.</summary>
    public static string NameOf(NearConfig near, StageData slice) => $"signs-{RecordSigner.Kind(near)}-{slice.Name}";

    /// <summary>Commits the signs of a slice.</summary>
    public static async Task<SignSummary> CommitAsync(StageBlobs stage, string name, ByteBuffer signs, int count, RecordShape shape, CancellationToken ct)
    {
        var data = count == 0 ? null : await stage.PutAsync(name, signs, ct).ConfigureAwait(false);
        return await stage.CommitAsync($"{name}.json", new SignSummary(data, count, shape), "ingest.signs_committed", ct).ConfigureAwait(false);
    }

    /// <summary>Makes what is missing. Slices in order of the upload, those of files that are not trusted left out.</summary>
    public async Task<IReadOnlyList<SignedSlice>> RunAsync(CancellationToken ct)
    {
        var signed = new List<SignedSlice>();
        foreach (var (file, slice) in upload.TrustedSlices())
        {
            ct.ThrowIfCancellationRequested();
            if (slice.Data is null || slice.Tally.Accepted == 0)
                continue;
            var (stage, name) = (new StageBlobs(blobs, plan.Keys.Files[file]), NameOf(_near, slice.Data));
            var summary = await stage.FindAsync<SignSummary>($"{name}.json", ct).ConfigureAwait(false);
            if (summary is null)
            {
                summary = await MakeAsync(file, slice, stage, name, ct).ConfigureAwait(false);
                turn.Committed();
            }
            signed.Add(new(file, slice, summary));
        }
        return signed;
    }

    /// <summary>Hands over every record of a slice.</summary>
    public async Task ReadAsync(SignedSlice slice, TakeSign take, CancellationToken ct)
    {
        if (slice.Signs.Data is not { } data)
            return;
        var bytes = new byte[_signs.Width * Math.Min(slice.Signs.Count, 1024)];
        await using var stream = await StageReader.OpenAsync(new(blobs, plan.Keys.Files[slice.File]), data, ct).ConfigureAwait(false);
        for (int read; (read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, ct).ConfigureAwait(false)) > 0;)
        {
            for (var at = 0; at + _signs.Width <= read; at += _signs.Width)
                take(RecordSigns.Read(bytes.AsSpan(at)), bytes.AsSpan(at, _signs.Width));
        }
    }

    private async Task<SignSummary> MakeAsync(int file, SliceSummary slice, StageBlobs stage, string name, CancellationToken ct)
    {
        var count = 0;
        _buffer.Clear();
        await upload.ReadSliceAsync(file, slice, (offset, body) =>
        {
            _signer.Add(body, offset, _buffer);
            count++;
        }, null, ct).ConfigureAwait(false);
        return await CommitAsync(stage, name, _buffer, count, _signer.TakeShape(), ct).ConfigureAwait(false);
    }
}

/// <summary>A slice and its signs.</summary>
/// <param name="File">Index of its file.</param>
/// <param name="Slice">The slice.</param>
/// <param name="Signs">Its signs.</param>
internal sealed record SignedSlice(int File, SliceSummary Slice, SignSummary Signs);

/// <summary>One record's sign.</summary>
/// <param name="sign">Its identity and place.</param>
/// <param name="bytes">The whole, with sketch and band keys where there are some; valid during the call.</param>
internal delegate void TakeSign(RecordSign sign, ReadOnlySpan<byte> bytes);
