using System.Buffers;

namespace Temper.Models;

/// <summary>Spellings by their beginnings, in UTF-16 units.</summary>
internal sealed class CharTrie
{
    private readonly Dictionary<(int Node, char Unit), int> edges = [];
    private readonly List<int> values = [-1];
    private SearchValues<char>? firsts;

    /// <summary>Whether nothing was added.</summary>
    public bool IsEmpty => values.Count == 1;

    /// <summary>Adds a spelling that is not empty; its value is 0 and up. Of equal spellings the last counts.</summary>
    public void Add(string spelling, int value)
    {
        var node = 0;
        foreach (var unit in spelling)
        {
            if (!edges.TryGetValue((node, unit), out var next))
            {
                edges[(node, unit)] = next = values.Count;
                values.Add(-1);
            }

            node = next;
        }

        values[node] = value;
        firsts = null;
    }

    /// <summary>Before the first search, when nothing more will be added.</summary>
    public void Close() => firsts = SearchValues.Create([.. edges.Keys.Where(edge => edge.Node == 0).Select(edge => edge.Unit)]);

    /// <summary>The first place where a spelling can begin; -1 when there is none. Only after <see cref="Close"/>.</summary>
    public int NextStart(ReadOnlySpan<char> text) => text.IndexOfAny(firsts!);

    /// <summary>The node after one more unit, from node 0; -1 when no spelling goes on like this.</summary>
    public int Step(int node, char unit) => edges.TryGetValue((node, unit), out var next) ? next : -1;

    /// <summary>The value of the spelling that ends at a node; -1 when none does.</summary>
    public int ValueAt(int node) => values[node];
}
