using System.Buffers;

namespace Temper.Models;

/// <summary>Spellings by their beginnings, in UTF-16 units. Its edges stand in one flat table with open addressing.</summary>
internal sealed class CharTrie
{
    private const int FirstBits = 6, UnitBits = 16;
    private readonly List<int> nodeValues = [-1];
    private Edge[] edges = new Edge[1 << FirstBits];
    private int[] values = [-1];
    private int shift = 64 - FirstBits;
    private SearchValues<char>? firsts;

    /// <summary>Whether nothing was added.</summary>
    public bool IsEmpty => nodeValues.Count == 1;

    /// <summary>Adds a spelling that is not empty; its value is 0 and up. Of equal spellings the last counts.</summary>
    public void Add(string spelling, int value)
    {
        var node = 0;
        foreach (var unit in spelling)
        {
            var next = Step(node, unit);
            if (next < 0)
            {
                next = nodeValues.Count;
                nodeValues.Add(-1);
                if (nodeValues.Count * 2 > edges.Length) Grow();
                Put(new Edge(Key(node, unit), next));
            }

            node = next;
        }

        nodeValues[node] = value;
        firsts = null;
    }

    /// <summary>Before the first search, when nothing more will be added.</summary>
    public void Close()
    {
        values = [.. nodeValues];
        firsts = SearchValues.Create([.. edges.Where(edge => edge.Next > 0 && edge.Key >> UnitBits == 0).Select(edge => (char)edge.Key)]);
    }

    /// <summary>The first place where a spelling can begin; -1 when there is none. Only after <see cref="Close"/>.</summary>
    public int NextStart(ReadOnlySpan<char> text) => text.IndexOfAny(firsts!);

    /// <summary>The node after one more unit, from node 0; -1 when no spelling goes on like this.</summary>
    public int Step(int node, char unit)
    {
        var key = Key(node, unit);
        for (var at = Scatter.Place(key, shift); ; at = (at + 1) & (edges.Length - 1))
        {
            ref var edge = ref edges[at];
            if (edge.Next == 0) return -1;
            if (edge.Key == key) return edge.Next;
        }
    }

    /// <summary>The value of the spelling that ends at a node; -1 when none does. Only after <see cref="Close"/>.</summary>
    public int ValueAt(int node) => values[node];

    private static ulong Key(int node, char unit) => ((ulong)(uint)node << UnitBits) | unit;

    private void Put(Edge edge)
    {
        var at = Scatter.Place(edge.Key, shift);
        while (edges[at].Next != 0) at = (at + 1) & (edges.Length - 1);
        edges[at] = edge;
    }

    private void Grow()
    {
        var old = edges;
        edges = new Edge[old.Length * 2];
        shift--;
        foreach (var edge in old)
            if (edge.Next != 0) Put(edge);
    }

    /// <summary>A step from a node by a unit (both in the key) to the next node; none leads to node 0.</summary>
    private readonly record struct Edge(ulong Key, int Next);
}
