using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Storage.Sql;

namespace Temper.Registry.Repositories;

/// <summary>Where objects lie, so that clients read them by range out of packs.</summary>
internal sealed class ObjectPlaceQueries(Db db)
{
    private const int AtOnce = 500, EntryHeader = 12;

    /// <summary>One place of each object that is in a pack.</summary>
    /// <exception cref="TemperException">Code <c>request_invalid</c>.</exception>
    public async Task<ObjectPlaces> LocateAsync(ObjectIdList request, CancellationToken ct)
    {
        PackLeases.Check(request);
        var places = new List<ObjectPlace>();
        foreach (var some in request.Ids.Distinct().Chunk(AtOnce))
            places.AddRange((await db.QueryAsync<Row>($"""
                select id, kind, pack_id, off, stored, size from pack_entries where id in ({Ids.Names(some)}) and kind <> 'recipe' order by id, pack_id
                """, Ids.Parameters(some), ct)).DistinctBy(row => row.Id).Select(row => row.Place));
        return new([.. places.OrderBy(p => p.Pack).ThenBy(p => p.Offset)]);
    }

    /// <summary>Size of a pack; null when the catalogue knows none of that name.</summary>
    public async Task<long?> PackSizeAsync(Digest pack, CancellationToken ct) =>
        await db.ScalarAsync<long?>("select size from packs where id = @pack", new { pack }, ct);

    private sealed record Row
    {
        public Digest Id { get; init; }
        public string Kind { get; init; } = "";
        public Digest PackId { get; init; }
        public long Off { get; init; }
        public long Stored { get; init; }
        public long Size { get; init; }

        public ObjectPlace Place => new(Id, Kind, PackId, Off, checked((int)Stored) + EntryHeader, checked((int)Size));
    }
}
