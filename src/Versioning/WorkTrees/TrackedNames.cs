using System.Buffers.Binary;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.WorkTrees;

/// <summary>The entries of one folder by the bytes of their names; those that the folder turned out to have are ticked off. Not safe from two threads.</summary>
internal sealed class TrackedNames
{
    private readonly List<byte[]> _pages;
    private readonly long[] _places;
    private readonly bool[] _met;
    private readonly int[] _table;

    /// <exception cref="Core.Errors.TemperException">Code <c>index_corrupt</c>.</exception>
    public TrackedNames(IndexFolder? folder)
    {
        _pages = folder?.Pages ?? [];
        var most = 0;
        foreach (var page in _pages)
            most += page.Length / IndexRow.Fixed;
        (_places, _met) = (new long[most], new bool[most]);
        for (var page = 0; page < _pages.Count; page++)
            Place(page);
        var slots = 16;
        while (slots < 2 * Count)
            slots *= 2;
        _table = new int[slots];
        for (var i = 0; i < Count; i++)
        {
            var slot = Slot(NameAt(i));
            while (_table[slot] != 0)
                slot = slot + 1 & slots - 1;
            _table[slot] = i + 1;
        }
    }

    /// <summary>How many names there are.</summary>
    public int Count { get; private set; }

    /// <summary>An entry: the merged one, or the first side of a conflict.</summary>
    public IndexRow this[int index] => Row(_places[index]);

    /// <summary>Whether the folder has the name.</summary>
    public bool IsMet(int index) => _met[index];

    /// <summary>Ticks a name off.</summary>
    public void Meet(int index) => _met[index] = true;

    /// <summary>The entry of a name; -1 where there is none.</summary>
    public int Find(ReadOnlySpan<byte> name)
    {
        for (var slot = Slot(name); _table[slot] != 0; slot = slot + 1 & _table.Length - 1)
            if (NameAt(_table[slot] - 1).SequenceEqual(name))
                return _table[slot] - 1;
        return -1;
    }

    // Pages are sorted, so the stages of one name stand together.
    private void Place(int page)
    {
        var last = ReadOnlySpan<byte>.Empty;
        var body = _pages[page].AsSpan();
        for (var at = IndexPage.Start(body); at < body.Length;)
        {
            var place = (long)page << 32 | (uint)at;
            var name = IndexRow.Read(body, ref at).Name;
            if (!name.SequenceEqual(last))
                _places[Count++] = place;
            last = name;
        }
    }

    private IndexRow Row(long place)
    {
        var at = (int)place;
        return IndexRow.Read(_pages[(int)(place >> 32)], ref at);
    }

    private ReadOnlySpan<byte> NameAt(int index)
    {
        var page = _pages[(int)(_places[index] >> 32)].AsSpan((int)_places[index]);
        return page.Slice(2, BinaryPrimitives.ReadUInt16LittleEndian(page));
    }

    private int Slot(ReadOnlySpan<byte> name)
    {
        var hash = 0x9E3779B97F4A7C15UL + (uint)name.Length;
        while (name.Length >= 8)
        {
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(name)) * 0xD6E8FEB86659FD93UL;
            hash ^= hash >> 32;
            name = name[8..];
        }
        foreach (var b in name)
            hash = (hash ^ b) * 0x100000001B3UL;
        hash *= 0xD6E8FEB86659FD93UL;
        return (int)(hash >> 33) & _table.Length - 1;
    }
}
