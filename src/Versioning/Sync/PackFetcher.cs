using System.Runtime.CompilerServices;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Versioning.Objects;
using Temper.Versioning.Packs;

namespace Temper.Versioning.Sync;

/// <summary>Reads chunks out of a server's packs: neighbours in one request, each compared with its id before it is handed on.</summary>
internal sealed class PackFetcher(RepositoryClient client, RepositoryName repo, RetryPauses pauses, TransferMeter meter)
{
    // Asking once more costs about as much as so many bytes that nobody wants.
    private const int Gap = 2_048;
    private const long LongestRun = 64 << 20;

    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>, <c>server_unreachable</c>.</exception>
    public async IAsyncEnumerable<GraphItem> FetchAsync(IReadOnlyList<Digest> chunks, [EnumeratorCancellation] CancellationToken ct)
    {
        var places = (await client.LocateAsync(repo, new(chunks), ct)).Items;
        if (places.Count != chunks.Count)
            throw new TemperException("object_missing", $"The server lacks the chunk {chunks.Except(places.Select(p => p.Id)).FirstOrDefault()}.");
        for (var first = 0; first < places.Count;)
        {
            var last = Last(places, first);
            var (start, end) = (places[first].Offset, places[last].Offset + places[last].Length);
            var pack = places[first].Pack;
            await using var run = new ResumingStream((offset, length) => client.OpenPackAsync(repo, pack, offset, length, ct), start, end - start, pauses);
            for (; first <= last; first++)
                yield return await ReadAsync(run, places[first], start, ct);
        }
    }

    private static int Last(IReadOnlyList<ObjectPlace> places, int first)
    {
        var last = first;
        while (last + 1 < places.Count && places[last + 1].Pack == places[first].Pack
            && places[last + 1].Offset - places[last].Offset - places[last].Length is >= 0 and <= Gap
            && places[last + 1].Offset - places[first].Offset < LongestRun)
            last++;
        return last;
    }

    private async Task<GraphItem> ReadAsync(ResumingStream run, ObjectPlace place, long start, CancellationToken ct)
    {
        if (place.Length is < PackFormat.EntryHeaderSize or > PackFormat.LargestChunk + PackFormat.EntryHeaderSize)
            throw new TemperException("object_corrupt", $"The server says that the chunk {place.Id} takes {place.Length} bytes.");
        for (var skip = new byte[Gap]; run.Position < place.Offset - start;)
            await run.ReadExactlyAsync(skip.AsMemory(0, (int)Math.Min(Gap, place.Offset - start - run.Position)), ct);
        var entry = new byte[place.Length];
        await run.ReadExactlyAsync(entry, ct);
        meter.Add(entry.Length);
        var row = new PackEntry(place.Id, ObjectKind.Chunk, place.Offset, place.Length - PackFormat.EntryHeaderSize, place.Size, (PackForm)entry[0]);
        PackFormat.Check(row, long.MaxValue, place.Pack);
        return new(ObjectKind.Chunk, place.Id, PackReader.Open(entry, row, place.Pack));
    }
}
