using System.CommandLine;
using System.Text;
using System.Text.Json;
using Temper.Core.Ids;
using Temper.Versioning.Metadata;
using Temper.Versioning.Paths;

namespace Temper.Cli.Verbs.Versioning;

internal static class MetaVerb
{
    private static readonly Argument<string> Document = new("document") { Description = "models/NAME or datasets/NAME", HelpName = "DOCUMENT" };
    private static readonly Argument<string?> Pointer = new("pointer") { Description = "Key, or JSON pointer; none: the whole document", Arity = ArgumentArity.ZeroOrOne, HelpName = "POINTER" };
    private static readonly Argument<string> Place = new("pointer") { Description = "Key such as license, or JSON pointer such as /metrics/-", HelpName = "KEY|POINTER" };
    private static readonly Argument<string> Value = new("value") { Description = "JSON; what is none is taken as a text", HelpName = "VALUE" };
    private static readonly Option<string?> Revision = new("--rev") { Description = "Of a commit; none: of the working copy", HelpName = "REV" };
    private static readonly Option<bool> AsText = new("--string") { Description = "Take the value as a text whatever it looks like" };
    private static readonly Argument<string[]> Revisions = new("revision") { Description = "None: HEAD against the working copy; one: it against the working copy; two", Arity = new(0, 2), HelpName = "REV" };
    private static readonly Option<bool> ExitCode = new("--exit-code") { Description = "Exit with 1 when something differs" };

    public static Command Build() => VersionVerb.Make("meta", """
        Show and change the metadata of models and datasets, which is versioned with the files.
        The working copy is .temper/metadata; the next commit takes what lies there.

        Examples:
          temper meta list
          temper meta set models/qwen-ft license Apache-2.0
          temper meta set models/qwen-ft /metrics/- '{"name":"accuracy","value":0.91}'
          temper meta get models/qwen-ft /metrics/0/value --rev v1
          temper meta diff
        """,
        VersionVerb.Make("list", "List the documents.", Revision).Does(ListAsync),
        VersionVerb.Make("get", "Show a document, or a value of it. Exits with 1 when there is none.", Document, Pointer, Revision).Does(GetAsync),
        VersionVerb.Make("set", "Set a value; the document is made where it is missing.", Document, Place, Value, AsText).Does(SetAsync),
        VersionVerb.Make("unset", "Remove a value; without a pointer the whole document.", Document, Pointer).Does(UnsetAsync),
        VersionVerb.Make("diff", "Show what differs.", Revisions, ExitCode).Does(DiffAsync));

    private static async Task<int> ListAsync(VersionSession session, CancellationToken ct)
    {
        var documents = await ReadAsync(session, session.Parsed.GetValue(Revision), ct);
        if (session.Json)
            session.Document(documents.Select(d => new { document = d.Key.ToString(), value = d.Value }));
        foreach (var path in session.Json ? [] : documents.Keys.Select(p => p.ToString()))
            session.Out.WriteLine(path);
        return 0;
    }

    private static async Task<int> GetAsync(VersionSession session, CancellationToken ct)
    {
        var path = MetadataFolder.PathOf(session.Parsed.GetValue(Document)!);
        var documents = await ReadAsync(session, session.Parsed.GetValue(Revision), ct);
        if (!documents.TryGetValue(path, out var document) || MetadataPointer.Find(document, PointerOf(session.Parsed.GetValue(Pointer) ?? "")) is not { } value)
            return VersionVerb.Negative;
        if (session.Json)
            session.Document(value);
        else
            session.Out.Write(value.ValueKind == JsonValueKind.String ? value.GetString() + "\n" : Encoding.UTF8.GetString(MetadataJson.Pretty(value)));
        return 0;
    }

    private static async Task<int> SetAsync(VersionSession session, CancellationToken ct)
    {
        using var held = await session.Repository.LockAsync(ct);
        var path = MetadataFolder.PathOf(session.Parsed.GetValue(Document)!);
        var documents = MetadataFolder.Read(Folder(session));
        var old = documents.TryGetValue(path, out var known) ? known : JsonSerializer.SerializeToElement(new { schemaVersion = 1, name = path.Parts[^1] });
        var changed = MetadataPointer.Set(old, PointerOf(session.Parsed.GetValue(Place)!), ValueOf(session.Parsed.GetValue(Value)!, session.Parsed.GetValue(AsText)));
        changed = MetadataJson.Parse(MetadataJson.Canonical(changed), path.ToString());
        MetadataSchema.Require([KeyValuePair.Create(path, changed)]);
        MetadataFolder.Write(Folder(session), path, changed);
        return 0;
    }

    private static async Task<int> UnsetAsync(VersionSession session, CancellationToken ct)
    {
        using var held = await session.Repository.LockAsync(ct);
        var path = MetadataFolder.PathOf(session.Parsed.GetValue(Document)!);
        var documents = MetadataFolder.Read(Folder(session));
        if (!documents.TryGetValue(path, out var document))
            return VersionVerb.Negative;
        if (PointerOf(session.Parsed.GetValue(Pointer) ?? "") is not { Length: > 0 } pointer)
        {
            File.Delete(MetadataFolder.FileOf(Folder(session), path));
            return 0;
        }
        var changed = MetadataPointer.Unset(document, pointer);
        MetadataSchema.Require([KeyValuePair.Create(path, changed)]);
        MetadataFolder.Write(Folder(session), path, changed);
        return 0;
    }

    private static async Task<int> DiffAsync(VersionSession session, CancellationToken ct)
    {
        var revisions = session.Parsed.GetValue(Revisions) ?? [];
        var old = await ReadAsync(session, revisions.Length > 0 ? revisions[0] : "HEAD", ct);
        var changes = MetadataDiff.Compare(old, await ReadAsync(session, revisions.Length > 1 ? revisions[1] : null, ct));
        if (session.Json)
            session.Document(changes);
        foreach (var change in session.Json ? [] : changes)
            session.Out.WriteLine($"{(change.Old is null ? 'A' : change.New is null ? 'D' : 'M')} {Output.Style.Clean(change.Document)}{Output.Style.Clean(change.Pointer.Length > 0 ? "#" + change.Pointer : "")}{Shown(change)}");
        return changes.Count > 0 && session.Parsed.GetValue(ExitCode) ? VersionVerb.Negative : 0;
    }

    private static string Shown(MetadataChange change) => change.Pointer.Length == 0 ? "" : (change.Old, change.New) switch
    {
        ({ } old, { } @new) => $": {Text(old)} → {Text(@new)}",
        ({ } old, null) => $": {Text(old)}",
        (_, { } @new) => $": {Text(@new)}",
        _ => "",
    };

    private static string Text(JsonElement value)
    {
        var text = Output.Style.Clean(Encoding.UTF8.GetString(MetadataJson.Canonical(value)));
        return text.Length > 200 ? text[..200] + "…" : text;
    }

    /// <summary>The documents of a commit, or of the working copy; HEAD before the first commit has none.</summary>
    private static async Task<SortedDictionary<SafePath, JsonElement>> ReadAsync(VersionSession session, string? revision, CancellationToken ct)
    {
        if (revision is null)
            return MetadataFolder.Read(Folder(session));
        if (revision == "HEAD" && (await session.Repository.Refs.HeadAsync(ct)).Commit is null)
            return [];
        var commit = await session.Repository.Objects.ReadCommitAsync(await RevisionNames.CommitAsync(session.Repository, revision, ct), ct);
        return await MetadataTree.ReadAsync(session.Repository.Objects, commit.Meta, ct);
    }

    /// <summary>A pointer as it is written, or the key of the document that is named without a slash.</summary>
    private static string PointerOf(string text) => text.Length == 0 || text[0] == '/' ? text : MetadataPointer.Part(text);

    private static string Folder(VersionSession session) => Path.Combine(session.Repository.Home, "metadata");

    private static JsonElement ValueOf(string text, bool isText)
    {
        if (!isText)
        {
            try
            {
                using var parsed = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
                return parsed.RootElement.Clone();
            }
            catch (JsonException) when (text.Length == 0 || text[0] is not ('{' or '[' or '"'))
            {
                // A text without quotes, as people write one.
                return JsonSerializer.SerializeToElement(text);
            }
            catch (JsonException error)
            {
                throw new VersionExit(VersionVerb.Fatal, "metadata_invalid", $"The value is no JSON: {error.Message}", "Give --string to take it as a text.");
            }
        }
        return JsonSerializer.SerializeToElement(text);
    }
}
