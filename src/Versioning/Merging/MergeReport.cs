using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.Merging;

/// <summary>What a merge has to say, collected as it goes.</summary>
internal sealed class MergeReport
{
    private readonly List<(string Path, string Text)> _messages = [];
    private readonly List<MergeConflict> _conflicts = [];
    private readonly List<KeyValuePair<SafePath, TreeEntry>> _beside = [];

    public void Say(string path, string text) => _messages.Add((path, text));

    public void Conflict(string path, ConflictKind kind, TreeEntry? from, TreeEntry? ours, TreeEntry? theirs) => _conflicts.Add(new(SafePath.Parse(path), kind, from, ours, theirs));

    /// <summary>Puts what the index will name into the batch.</summary>
    public async Task StoreBasesAsync(MergeObjects objects, IObjectBatch batch, CancellationToken ct)
    {
        for (var i = 0; i < _conflicts.Count; i++)
            _conflicts[i] = _conflicts[i] with { Base = await objects.StoredAsync(_conflicts[i].Base, batch, ct) };
    }

    public void LayBeside(string path, TreeEntry theirs)
    {
        // Where the longer name is none that a file may have, the index still tells which theirs was.
        if (SafePath.TryParse(path + ".theirs", out var place))
            _beside.Add(new(place, theirs));
    }

    public MergeResult Result(Digest tree) => new(
        tree, [.. _conflicts.OrderBy(c => c.Path.ToString(), GitOrder.Comparer)], [.. _messages.OrderBy(m => m.Path, GitOrder.Comparer).Select(m => m.Text)])
    {
        Beside = _beside,
    };
}
