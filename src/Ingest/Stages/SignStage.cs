using Temper.Core.Blobs;
using Temper.Core.Ids;

namespace Temper.Ingest;

/// <summary>The signs of one slice's sound records.</summary>
/// <param name="Data">Of <see cref="RecordSigns"/>; null when there is none.</param>
/// <param name="Count">Records.</param>
/// <param name="Shape">What the records are like.</param>
internal sealed record SignSummary(StageData? Data, int Count, RecordShape Shape);

/// <summary>
/// Makes and reads <see cref="RecordSigns"/>, slice by slice, beside the slices themselves: an unchanged file is not read again to find its copies.
/// </summary>
internal sealed class SignStage(IBlobStore blobs, IngestPlan plan, ValidatedUpload upload, WorkTurn turn)
{
    private readonly NearConfig _near = plan.Config.Dedup.Near;
    private readonly RecordSigns _signs = new(plan.Config.Dedup.Near.Enabled ? plan.Config.Dedup.Near.Bands : 0);
    private readonly MinHash _hash = new(plan.Config.Dedup.Near.Bands, plan.Config.Dedup.Near.Rows);
    private readonly RecordText _text = new();
    private readonly ByteBuffer _buffer = new(1 << 16);

    private string Kind => Digest.OfText(_near.Enabled ? FormattableString.Invariant($"{StageKeys.DedupVersion} {_near.Ngram} {_near.Bands} {_near.Rows}") : StageKeys.DedupVersion).Hex[..8];

    /// <summary>Makes what is missing. Slices in order of the upload, those of files that are not trusted left out.</summary>
    public async Task<IReadOnlyList<SignedSlice>> RunAsync(CancellationToken ct)
    {
        var signed = new List<SignedSlice>();
        foreach (var (file, slice) in upload.TrustedSlices())
        {
            ct.ThrowIfCancellationRequested();
            if (slice.Data is null || slice.Tally.Accepted == 0)
                continue;
            var (stage, name) = (new StageBlobs(blobs, plan.Keys.Files[file]), $"signs-{Kind}-{slice.Data.Name}");
            var summary = await stage.FindAsync<SignSummary>($"{name}.json", ct).ConfigureAwait(false);
            if (summary is null)
            {
                summary = await stage.CommitAsync($"{name}.json", await MakeAsync(file, slice, stage, name, ct).ConfigureAwait(false), "ingest.signs_committed", ct).ConfigureAwait(false);
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
        var keys = new uint[_near.Bands];
        var bytes = new byte[_signs.Width * Math.Min(slice.Signs.Count, 4096)];
        await using var stream = await StageReader.OpenAsync(new(blobs, plan.Keys.Files[slice.File]), data, ct).ConfigureAwait(false);
        for (int read; (read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, ct).ConfigureAwait(false)) > 0;)
        {
            for (var at = 0; at + _signs.Width <= read; at += _signs.Width)
            {
                var sign = _signs.Read(bytes.AsSpan(at), keys);
                take(sign, keys);
            }
        }
    }

    private async Task<SignSummary> MakeAsync(int file, SliceSummary slice, StageBlobs stage, string name, CancellationToken ct)
    {
        var (count, keys, shape) = (0, new uint[_near.Bands], new RecordShape());
        _buffer.Clear();
        await upload.ReadSliceAsync(file, slice, (offset, body) =>
        {
            var head = RecordHead.Read(body);
            _text.Read(body);
            shape.Add(_text, body);
            if (_near.Enabled)
            {
                _hash.BandKeys(Shingles.Of(_text, _near.Ngram), keys);
            }
            _signs.Write(_buffer, new(head.Id, head.Line, offset, body.Length), keys);
            count++;
        }, null, ct).ConfigureAwait(false);
        return new(count == 0 ? null : await stage.PutAsync(name, _buffer, ct).ConfigureAwait(false), count, shape);
    }
}

/// <summary>A slice and its signs.</summary>
/// <param name="File">Index of its file.</param>
/// <param name="Slice">The slice.</param>
/// <param name="Signs">Its signs.</param>
internal sealed record SignedSlice(int File, SliceSummary Slice, SignSummary Signs);

/// <summary>One record's sign.</summary>
/// <param name="sign">Its identity and place.</param>
/// <param name="keys">Its band keys; valid during the call.</param>
internal delegate void TakeSign(RecordSign sign, ReadOnlySpan<uint> keys);
