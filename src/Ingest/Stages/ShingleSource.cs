using System.Collections.Concurrent;

namespace Temper.Ingest;

/// <summary>Reads records again and makes their shingles: neighbours in one read, several reads at once.</summary>
internal sealed class ShingleSource(ValidatedUpload upload, IReadOnlyList<SignedSlice> slices, UniqueRecords records, NearConfig near, int threads)
{
    // Below what the runtime keeps apart as large, so that what was read goes with the next small collection.
    private const int LongestRead = 64 << 10, WidestGap = 16 << 10;

    private readonly ConcurrentBag<(RecordText Text, ShingleReader Shingles)> _readers = [];

    private readonly record struct Span(int Slice, int Offset, int Length, int From, int To);

    /// <inheritdoc cref="ReadShingles"/>
    public async Task<Shingles[]> ReadAsync(IReadOnlyList<int> wanted, CancellationToken ct)
    {
        var shingles = new Shingles[wanted.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(4, threads), CancellationToken = ct };
        await Parallel.ForEachAsync(Spans(wanted), options, async (span, stop) =>
        {
            var slice = slices[span.Slice];
            var bytes = await upload.ReadRecordAsync(slice.File, slice.Slice, span.Offset, span.Length, stop).ConfigureAwait(false);
            var (text, reader) = _readers.TryTake(out var free) ? free : (new(), new(near.Ngram));
            for (var i = span.From; i < span.To; i++)
            {
                var (offset, length) = records.PlaceOf(wanted[i]);
                text.Read(bytes.AsSpan(offset - span.Offset, length));
                reader.Read(text);
                shingles[i] = reader.ToShingles();
            }
            _readers.Add((text, reader));
        }).ConfigureAwait(false);
        return shingles;
    }

    private IEnumerable<Span> Spans(IReadOnlyList<int> wanted)
    {
        for (int from = 0, to; from < wanted.Count; from = to)
        {
            var (slice, (offset, length)) = (records.SliceOf(wanted[from]), records.PlaceOf(wanted[from]));
            for (to = from + 1; to < wanted.Count && records.SliceOf(wanted[to]) == slice; to++)
            {
                var (next, size) = records.PlaceOf(wanted[to]);
                if (next - (offset + length) > WidestGap || next + size - offset > LongestRead)
                    break;
                length = next + size - offset;
            }
            yield return new(slice, offset, length, from, to);
        }
    }
}
