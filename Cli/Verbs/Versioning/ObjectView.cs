using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.History;
using Temper.Versioning.Objects;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>Objects as JSON documents.</summary>
internal static class ObjectView
{
    public static async Task<object> OfAsync(IObjectStore store, Digest id, ObjectKind kind, CancellationToken ct) => kind switch
    {
        ObjectKind.Commit => Of(id, await store.ReadCommitAsync(id, ct)),
        ObjectKind.Tag => Of(id, await store.ReadTagAsync(id, ct)),
        ObjectKind.Tree => new { tree = id, entries = (await store.ReadTreeAsync(id, ct)).Select(e => Of(e, e.Name)) },
        _ => new { file = id, chunks = (await store.FindRecipeAsync(id, ct))?.Chunks.Count ?? 0, size = (await store.FindRecipeAsync(id, ct))?.Size ?? 0 },
    };

    public static object Of(Digest id, Commit commit) => new
    {
        hash = id,
        tree = commit.Tree,
        meta = commit.Meta,
        parents = commit.Parents,
        author = Of(commit.Author),
        committer = Of(commit.Committer),
        run = commit.Run,
        inputs = commit.Inputs,
        message = commit.Message,
    };

    public static object Of(TreeEntry entry, string path) => new
    {
        mode = Convert.ToString((int)entry.Mode, 8).PadLeft(6, '0'),
        kind = Revisions.Word(entry.Mode == EntryMode.Folder ? ObjectKind.Tree : ObjectKind.Chunk),
        id = entry.Id,
        size = entry.Size,
        path,
    };

    private static object Of(Digest id, Tag tag) => new { hash = id, target = tag.Target, kind = Revisions.Word(tag.Kind), name = tag.Name, tagger = Of(tag.Tagger), message = tag.Message };

    private static object Of(Signature who) => new { name = who.Name, email = who.Mail, timestamp = who.AtMs, offset_minutes = who.OffsetMinutes };
}
