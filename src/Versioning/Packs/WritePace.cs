namespace Temper.Versioning.Packs;

/// <summary>
/// Tells which way of writing large files is faster here: through the system's cache, which copies now and writes later, or past it, which leaves the
/// processors to others while the disk works. Both are tried, then the faster one is taken for as long as it is. Safe from any thread.
/// </summary>
internal sealed class WritePace(TimeProvider clock)
{
    private const long Trial = 16 << 20, Forget = 512 << 20;

    private readonly Lock _counting = new();
    private readonly Way _cached = new(), _past = new();

    private sealed class Way
    {
        public long Begun, Bytes, Busy, Since;
        public int Running;

        public double Rate => Bytes / (Busy + 1.0);
    }

    /// <summary>Whether the next block, which <see cref="End"/> is told of, goes past the cache.</summary>
    public bool Begin(int bytes)
    {
        lock (_counting)
        {
            var isPast = _cached.Begun >= Trial && (_past.Begun < Trial || _past.Rate >= _cached.Rate);
            var way = isPast ? _past : _cached;
            way.Begun += bytes;
            if (way.Running++ == 0)
                way.Since = clock.GetTimestamp();
            return isPast;
        }
    }

    /// <summary>A block is written.</summary>
    public void End(bool isPast, int bytes)
    {
        lock (_counting)
        {
            var way = isPast ? _past : _cached;
            var now = clock.GetTimestamp();
            // Time counts while at least one block is under way, however many there are.
            way.Busy += now - way.Since;
            (way.Since, way.Bytes) = (now, way.Bytes + bytes);
            way.Running--;
            // What was long ago counts less: disks get busy, caches full.
            if (way.Bytes > Forget)
                (way.Bytes, way.Busy) = (way.Bytes / 2, way.Busy / 2);
        }
    }
}
