using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Storage.Folder;

namespace Temper.Versioning.Packs;

/// <summary>
/// The packs <c>p-SHA256.pack</c> of a folder, newest first, opened when they are first asked. Other processes may add packs and remove them: the
/// folder is listed again when its time of change says so. Safe from any thread.
/// </summary>
internal sealed class PackList(string folder, TimeProvider clock) : IDisposable
{
    // Two changes within one tick of the file system's clock look like one.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly Lock _listing = new();
    private volatile Slot[] _slots = [];
    private volatile LocalPack? _last;
    private DateTime _stamp;

    /// <summary>Finds an object of one of these kinds (bits, <c>1 &lt;&lt; kind</c>) in what was last listed.</summary>
    /// <exception cref="TemperException">Code <c>object_corrupt</c>: a pack that may hold it cannot be read.</exception>
    public bool TryFind(Digest id, int kinds, out LocalPack pack, out PackRow row)
    {
        var last = _last;
        if (last is not null && last.TryFind(id, kinds, out row))
        {
            pack = last;
            return true;
        }
        foreach (var slot in _slots)
            if (slot.Open() is { } open && open != last && open.TryFind(id, kinds, out row))
            {
                _last = pack = open;
                return true;
            }
        (pack, row) = (null!, default);
        return false;
    }

    /// <summary>All packs, newest first. One that is removed meanwhile is left out.</summary>
    public IEnumerable<LocalPack> All()
    {
        foreach (var slot in _slots)
            if (slot.Open() is { } open)
                yield return open;
    }

    /// <summary>Lists the folder again where it may have changed, or <paramref name="surely"/>; whether the list is another one now.</summary>
    public bool Refresh(bool surely = false)
    {
        lock (_listing)
        {
            var stamp = Directory.GetLastWriteTimeUtc(folder);
            if (!surely && stamp == _stamp)
                return false;
            _stamp = clock.GetUtcNow().UtcDateTime - stamp > Tick ? stamp : default;
            var known = _slots.ToDictionary(s => s.Name, StringComparer.Ordinal);
            var files = FolderFiles.Guarded(folder, () => new DirectoryInfo(folder).GetFiles("p-*.pack"));
            Array.Sort(files, (a, b) => b.LastWriteTimeUtc.CompareTo(a.LastWriteTimeUtc) is not 0 and var order ? order : string.CompareOrdinal(a.Name, b.Name));
            var found = files.Select(f => known.GetValueOrDefault(f.Name) ?? (Digest.TryParse(f.Name[2..^5], out var id) ? new Slot(f.FullName, f.Name, id) : null)).OfType<Slot>().ToArray();
            var same = found.Length == known.Count && Array.TrueForAll(found, slot => known.ContainsKey(slot.Name));
            if (!same)
                (_slots, _last) = (found, null);
            return !same;
        }
    }

    /// <summary>Fails when the index of some pack was altered: what is missing may have been in it.</summary>
    /// <exception cref="TemperException">Code <c>object_corrupt</c>.</exception>
    public void CheckIndexes()
    {
        foreach (var pack in All())
            _ = pack.ReadIndex();
    }

    /// <summary>Where a pack of this id lies.</summary>
    public string PathOf(Digest id) => Path.Combine(folder, $"p-{id.Hex}.pack");

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var slot in _slots)
            slot.Dispose();
    }

    private sealed class Slot(string path, string name, Digest id) : IDisposable
    {
        private readonly Lock _opening = new();
        private volatile LocalPack? _open;

        public string Name => name;

        public LocalPack? Open()
        {
            if (_open is { } open)
                return open;
            lock (_opening)
            {
                try
                {
                    return _open ??= LocalPack.Open(path, id);
                }
                catch (FileNotFoundException)
                {
                    // Its objects have been written into another pack, or nobody needs them: the next listing shows.
                    return null;
                }
            }
        }

        public void Dispose() => _open?.Dispose();
    }
}
