using System.CommandLine;
using Temper.Core.Ids;
using Temper.Versioning.History;
using Temper.Versioning.Objects;

namespace Temper.Cli.Verbs.Versioning;

internal static class ShowVerb
{
    private static readonly CommitShow Show = new();
    private static readonly Argument<string[]> Names = new("object") { Description = "Commits, tags, trees, files such as HEAD:card.md [default: HEAD]; then paths behind --", Arity = ArgumentArity.ZeroOrMore, HelpName = "OBJECT" };

    private static readonly Option<bool> Statistics = new("--statistics", "--stats") { Description = "With the range and the mean of each tensor" };
    private static readonly Option<bool> Raw = new("--raw") { Description = "The bytes of a .safetensors file, not its tensors" };

    public static Command Build() => VersionVerb.Make("show", """
        Show objects: a commit with its differences, a tag, the names in a tree, the tensors of a .safetensors file, the content of another.

        Examples:
          temper show
          temper show --stat v1
          temper show HEAD:card.md
          temper show model.safetensors --stats
        """, [Names, Statistics, Raw, .. Show.Symbols]).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var words = session.Parsed.GetValue(Names) ?? [];
        var before = session.BeforeDashes(words) ?? words.Length;
        var paths = PathFilter.Of([.. words.Skip(before).Select(session.PathOf)]);
        var shown = await CommitShow.Shown.NewAsync(Show, session, paths, ofMerges: false, ct, always: true);
        foreach (var word in before == 0 ? ["HEAD"] : words[..before])
        {
            var file = Path.Combine(session.Folder, word);
            if (File.Exists(file) && await Revisions.FindAsync(session.Repository, word, ct) is null && await WorkTensors.ShowFileAsync(session, file, session.Parsed.GetValue(Statistics), ct))
                continue;
            await OneAsync(session, shown, word, await Revisions.ResolveAsync(session.Repository, word, ct), ct);
        }
        return 0;
    }

    private static async Task OneAsync(VersionSession session, CommitShow.Shown shown, string word, Digest id, CancellationToken ct)
    {
        var store = session.Repository.Objects;
        var kind = await CatFileVerb.KindAsync(session, id, ct) ?? throw new VersionExit(VersionVerb.Fatal, "object_missing", $"'{word}' names {id}, which the store does not have.");
        if (kind == ObjectKind.Chunk && word.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) && !session.Parsed.GetValue(Raw)
            && await TensorView.ShowAsync(session, word, id, session.Parsed.GetValue(Statistics), ct))
            return;
        if (kind == ObjectKind.Commit)
            await shown.AddAsync(id, ct);
        else if (session.Json)
            session.Document(await ObjectView.OfAsync(store, id, kind, ct));
        else if (kind == ObjectKind.Tag)
        {
            var tag = await store.ReadTagAsync(id, ct);
            session.Out.Write($"tag {tag.Name}\nTagger: {tag.Tagger.Name} <{tag.Tagger.Mail}>\nDate:   {SignatureDate.Of(tag.Tagger, "default")}\n\n{tag.Message}\n");
            await OneAsync(session, shown, word, tag.Target, ct);
        }
        else if (kind == ObjectKind.Tree)
        {
            session.Out.Write($"tree {word}\n\n");
            foreach (var entry in await store.ReadTreeAsync(id, ct))
                session.Out.Write(entry.Name + (entry.Mode == EntryMode.Folder ? "/\n" : "\n"));
        }
        else
            await CatFileVerb.WriteFileAsync(session, id, ct);
    }
}
