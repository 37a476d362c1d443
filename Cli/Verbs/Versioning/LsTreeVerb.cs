using System.CommandLine;
using System.Globalization;
using Temper.Core.Ids;
using Temper.Versioning.History;
using Temper.Versioning.Objects;

namespace Temper.Cli.Verbs.Versioning;

internal static class LsTreeVerb
{
    private static readonly Argument<string> Tree = new("tree") { Description = "A tree, by itself or by a commit", HelpName = "TREE" };
    private static readonly Argument<string[]> Paths = new("path") { Description = "Only these", Arity = ArgumentArity.ZeroOrMore, HelpName = "PATH" };
    private static readonly Option<bool> Recursive = new("-r") { Description = "Enter folders" };
    private static readonly Option<bool> WithFolders = new("-t") { Description = "Folders that are entered, too" };
    private static readonly Option<bool> FoldersOnly = new("-d") { Description = "Only folders" };
    private static readonly Option<bool> Long = new("--long", "-l") { Description = "With sizes" };
    private static readonly Option<bool> NameOnly = new("--name-only", "--name-status") { Description = "Only names" };
    private static readonly Option<bool> IdOnly = new("--object-only") { Description = "Only ids" };
    private static readonly Option<bool> FullName = new("--full-name") { Description = "Paths from the root" };
    private static readonly Option<bool> FullTree = new("--full-tree") { Description = "The whole tree, wherever this folder is" };
    private static readonly Option<bool> Zero = new("-z") { Description = "End each line with a zero byte, and leave names as they are" };

    public static Command Build() => VersionVerb.Make("ls-tree", """
        List what a tree holds.

        Examples:
          temper ls-tree HEAD
          temper ls-tree -r --name-only v1
          temper ls-tree -l HEAD models/
        """, Tree, Paths, Recursive, WithFolders, FoldersOnly, Long, NameOnly, IdOnly, FullName, FullTree, Zero).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var parsed = session.Parsed;
        var root = await Revisions.TreeAsync(session.Repository, parsed.GetValue(Tree)!, ct);
        var prefix = parsed.GetValue(FullTree) ? "" : session.Prefix;
        var wanted = (parsed.GetValue(Paths) ?? []).Select(p => (prefix + (p.StartsWith("./", StringComparison.Ordinal) ? p[2..] : p))).ToList();
        if (wanted.Count == 0 && prefix.Length > 0)
            wanted.Add(prefix);
        await ListAsync(session, root, "", wanted, ct);
        return 0;
    }

    private static async Task ListAsync(VersionSession session, Digest tree, string folder, List<string> wanted, CancellationToken ct)
    {
        var parsed = session.Parsed;
        foreach (var entry in await session.Repository.Objects.ReadTreeAsync(tree, ct))
        {
            var path = folder + entry.Name;
            var isFolder = entry.Mode == EntryMode.Folder;
            // A path that ends in a slash, or goes on, asks for what is in the folder.
            var isEntered = isFolder && (wanted.Exists(w => w.StartsWith(path + "/", StringComparison.Ordinal)) || (parsed.GetValue(Recursive) && Fits(wanted, path)));
            if (!isEntered && !Fits(wanted, path))
                continue;
            if (isFolder ? !isEntered || parsed.GetValue(WithFolders) || (parsed.GetValue(FoldersOnly) && Fits(wanted, path)) : !parsed.GetValue(FoldersOnly))
                Show(session, entry, path);
            if (isEntered)
                await ListAsync(session, entry.Id, path + "/", wanted, ct);
        }
    }

    private static bool Fits(List<string> wanted, string path) =>
        wanted.Count == 0 || wanted.Exists(w => w == path || path.StartsWith(w.EndsWith('/') ? w : w + "/", StringComparison.Ordinal));

    private static void Show(VersionSession session, TreeEntry entry, string path)
    {
        var parsed = session.Parsed;
        if (session.Json)
        {
            session.Document(ObjectView.Of(entry, path));
            return;
        }
        var name = parsed.GetValue(FullName) || parsed.GetValue(FullTree) ? path : session.Shown(path);
        var line = parsed.GetValue(IdOnly) ? entry.Id.Hex : parsed.GetValue(NameOnly) ? Quoted(session, name) : Line(session, entry, name, parsed.GetValue(Long));
        session.Out.Write(line + (parsed.GetValue(Zero) ? "\0" : "\n"));
    }

    /// <summary>An entry as git lists it.</summary>
    public static string Line(VersionSession session, TreeEntry entry, string name, bool withSize)
    {
        var isFolder = entry.Mode == EntryMode.Folder;
        var size = withSize ? " " + (isFolder ? "-" : entry.Size.ToString(CultureInfo.InvariantCulture)).PadLeft(7) : "";
        return $"{Convert.ToString((int)entry.Mode, 8).PadLeft(6, '0')} {(isFolder ? "tree" : "blob")} {entry.Id.Hex}{size}\t{Quoted(session, name)}";
    }

    private static string Quoted(VersionSession session, string name) =>
        session.Parsed.GetValue(Zero) ? name : VersionPaths.Quoted(name, false, session.Repository.Config.GetBool("core.quotepath", true));
}
