using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Trees;

namespace Temper.Versioning.Care;

/// <summary>An object that something names and that cannot be used.</summary>
/// <param name="Kind">What it should be.</param>
/// <param name="Id">Its id.</param>
/// <param name="NamedBy">The reference, or the object, that names it.</param>
/// <param name="Why">Null: it is not there; else what is wrong with it.</param>
public sealed record BrokenLink(ObjectKind Kind, Digest Id, string NamedBy, string? Why = null);

/// <summary>
/// Finds everything that roots lead to: tags, commits with their parents and metadata, every node of every tree, recipes, chunks. Does not stop at
/// what is missing or altered, but lists it. The stack is a list, so that no history is too deep. Not safe from two threads at once.
/// </summary>
/// <param name="store">Holds the objects.</param>
/// <param name="shallow">Commits whose parents may be absent.</param>
public sealed class Marking(IObjectStore store, IReadOnlySet<Digest>? shallow = null)
{
    private readonly HashSet<Digest> _live = [];
    private readonly List<BrokenLink> _broken = [];
    private readonly Stack<(ObjectKind Kind, Digest Id, string NamedBy)> _waiting = new();

    /// <summary>Ids of all objects found. A file of several chunks stands here with its own id, which is that of its recipe.</summary>
    public IReadOnlySet<Digest> Live => _live;

    /// <summary>What was named and not found, or could not be read.</summary>
    public IReadOnlyList<BrokenLink> Broken => _broken;

    /// <summary>Follows an object of any kind.</summary>
    public async Task FollowAsync(Digest id, string namedBy, CancellationToken ct)
    {
        if (_live.Contains(id))
            return;
        if (await store.FindKindAsync(id, ct) is { } kind)
            await FollowAsync(kind, id, namedBy, ct);
        else
            _broken.Add(new(ObjectKind.Commit, id, namedBy));
    }

    /// <summary>Follows an object whose kind is known; a file is of the kind <see cref="ObjectKind.Chunk"/>.</summary>
    public async Task FollowAsync(ObjectKind kind, Digest id, string namedBy, CancellationToken ct)
    {
        _waiting.Push((kind, id, namedBy));
        while (_waiting.TryPop(out var next))
        {
            ct.ThrowIfCancellationRequested();
            if (!_live.Add(next.Id))
                continue;
            try
            {
                if (!await StepAsync(next.Kind, next.Id, ct))
                    _broken.Add(new(next.Kind, next.Id, next.NamedBy));
            }
            catch (TemperException error) when (error.Code is "object_corrupt" or "object_missing")
            {
                _broken.Add(new(next.Kind, next.Id, next.NamedBy, error.Message));
            }
        }
    }

    private async ValueTask<bool> StepAsync(ObjectKind kind, Digest id, CancellationToken ct)
    {
        if (kind == ObjectKind.Chunk)
            return await FileAsync(id, ct);
        if (await store.FindBodyAsync(id, kind, ct) is not { } body)
            return false;
        var me = $"{ObjectIds.Word(kind)} {id}";
        if (kind == ObjectKind.Tree)
        {
            foreach (var (below, named, name) in FolderNodes.Links(body))
                _waiting.Push((below, named, $"{me}, '{name}'"));
        }
        else if (kind == ObjectKind.Commit)
        {
            var commit = CommitCodec.Decode(body);
            _waiting.Push((ObjectKind.Tree, commit.Tree, me));
            if (commit.Meta is { } meta)
                _waiting.Push((ObjectKind.Tree, meta, me));
            foreach (var parent in commit.Parents.Where(_ => shallow?.Contains(id) != true))
                _waiting.Push((ObjectKind.Commit, parent, me));
        }
        else
        {
            var tag = TagCodec.Decode(body);
            _waiting.Push((tag.Kind, tag.Target, me));
        }
        return true;
    }

    private async ValueTask<bool> FileAsync(Digest file, CancellationToken ct)
    {
        if (await store.FindRecipeAsync(file, ct) is not { } recipe)
            return false;
        foreach (var chunk in recipe.Chunks.Where(c => c.Id != file && _live.Add(c.Id)))
            if (!await store.HasChunkAsync(chunk.Id, ct))
                _broken.Add(new(ObjectKind.Chunk, chunk.Id, $"file {file}"));
        return true;
    }
}
