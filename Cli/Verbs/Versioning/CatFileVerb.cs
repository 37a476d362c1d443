using System.CommandLine;
using System.Globalization;
using System.Text;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.History;
using Temper.Versioning.Objects;

namespace Temper.Cli.Verbs.Versioning;

internal static class CatFileVerb
{
    private static readonly Argument<string[]> Names = new("object") { Description = "An object; or its kind (blob, tree, commit, tag) and an object", Arity = new ArgumentArity(1, 2), HelpName = "OBJECT" };
    private static readonly Option<bool> Kind = new("-t") { Description = "Its kind" };
    private static readonly Option<bool> Size = new("-s") { Description = "Bytes of its body" };
    private static readonly Option<bool> Print = new("-p") { Description = "Its content, as people read it" };
    private static readonly Option<bool> Exists = new("-e") { Description = "Only say by the exit code whether it is there: 0 yes, 1 no" };

    public static Command Build() => VersionVerb.Make("cat-file", """
        Show one object: a file, a tree, a commit or a tag.

        Examples:
          temper cat-file -t HEAD
          temper cat-file -p HEAD^{tree}
          temper cat-file -p HEAD:card.md
        """, Names, Kind, Size, Print, Exists).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var (parsed, store) = (session.Parsed, session.Repository.Objects);
        var names = parsed.GetValue(Names)!;
        var id = await Revisions.ResolveAsync(session.Repository, names[^1], ct);
        if (parsed.GetValue(Exists))
            return await KindAsync(session, id, ct) is null ? VersionVerb.Negative : 0;
        if (names.Length == 2)
            id = await Revisions.PeelAsync(store, id, ParseKind(names[0]), names[^1], ct);
        var kind = await KindAsync(session, id, ct) ?? throw new TemperException("object_missing", $"The store has no object {id}.");
        if (session.Json)
            session.Document(await ObjectView.OfAsync(store, id, kind, ct));
        else if (parsed.GetValue(Kind))
            session.Out.WriteLine(Revisions.Word(kind));
        else if (parsed.GetValue(Size))
            session.Out.WriteLine((await SizeAsync(session, id, kind, ct)).ToString(CultureInfo.InvariantCulture));
        else if (parsed.GetValue(Print) || names.Length == 2)
            await PrintAsync(session, id, kind, ct);
        else
            throw new VersionExit(129, "usage", "cat-file takes -t, -s, -p, -e or a kind.");
        return 0;
    }

    /// <summary>The kind of an object; the empty file is one that no store keeps.</summary>
    public static async Task<ObjectKind?> KindAsync(VersionSession session, Digest id, CancellationToken ct) =>
        await session.Repository.Objects.FindKindAsync(id, ct) ?? (id == Digest.Of([]) ? ObjectKind.Chunk : null);

    /// <summary>Writes an object as people read it.</summary>
    public static async Task PrintAsync(VersionSession session, Digest id, ObjectKind kind, CancellationToken ct)
    {
        var store = session.Repository.Objects;
        if (kind == ObjectKind.Tree)
            foreach (var entry in await store.ReadTreeAsync(id, ct))
                session.Out.WriteLine(LsTreeVerb.Line(session, entry, entry.Name, withSize: false));
        else if (kind == ObjectKind.Chunk)
            await WriteFileAsync(session, id, ct);
        else
            session.Out.Write(Encoding.UTF8.GetString(await store.FindBodyAsync(id, kind, ct) ?? throw new TemperException("object_missing", $"The store has no object {id}.")));
    }

    /// <summary>Writes a file's bytes as they are to stdout, behind what was written before.</summary>
    public static async Task WriteFileAsync(VersionSession session, Digest file, CancellationToken ct)
    {
        if (file == Digest.Of([]))
            return;
        await using var content = await session.Repository.Objects.OpenFileAsync(file, 0, null, ct);
        await session.WriteBytesAsync(content, ct);
    }

    private static ObjectKind ParseKind(string word) => word switch
    {
        "blob" => ObjectKind.Chunk,
        "tree" => ObjectKind.Tree,
        "commit" => ObjectKind.Commit,
        "tag" => ObjectKind.Tag,
        _ => throw new VersionExit(VersionVerb.Fatal, "usage", $"'{word}' is no kind of object: blob, tree, commit, tag."),
    };

    private static async Task<long> SizeAsync(VersionSession session, Digest id, ObjectKind kind, CancellationToken ct)
    {
        var store = session.Repository.Objects;
        if (kind != ObjectKind.Chunk)
            return (await store.FindBodyAsync(id, kind, ct))?.Length ?? 0;
        if (id == Digest.Of([]))
            return 0;
        await using var content = await store.OpenFileAsync(id, 0, null, ct);
        return content.Length;
    }
}
