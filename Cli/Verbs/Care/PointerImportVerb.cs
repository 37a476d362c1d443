using System.CommandLine;
using Temper.Cli.Output;
using Temper.Cli.Verbs.Versioning;
using Temper.Core.Errors;
using Temper.Versioning.History;
using Temper.Versioning.Paths;
using Temper.Versioning.Pointers;

namespace Temper.Cli.Verbs.Care;

/// <summary><c>lfs-import</c> and <c>dvc-import</c>: the same but for who finds the files.</summary>
internal static class PointerImportVerb
{
    private static readonly Option<string?> To = new("--to") { Description = "Folder of the work tree that the files go to [default: its root]", HelpName = "DIR" };
    private static readonly Option<bool> Dry = new("--dry-run", "-n") { Description = "Only list what would be taken" };

    public static Command Lfs() => Build("lfs-import", """
        Take the files that git-lfs pointers of a git work tree stand for: content comes from .git/lfs/objects, checked against size and SHA-256, into
        the work tree and the index. When SOURCE is this work tree itself, its pointers are replaced by their files.

        Examples:
          temper lfs-import ../old-models
          temper lfs-import .
        """, LfsImport.FindAsync);

    public static Command Dvc() => Build("dvc-import", """
        Take the files that *.dvc and dvc.lock of a DVC work tree name: content comes from DVC's cache, checked against size and MD5, into the work
        tree and the index. Folders that DVC tracks come with all their files.

        Examples:
          temper dvc-import ../old-data --to data
          temper dvc-import . --dry-run
        """, DvcImport.FindAsync);

    private static Command Build(string name, string description, Func<string, CancellationToken, Task<IReadOnlyList<PointedFile>>> find)
    {
        var source = new Argument<string>("source") { Description = "Root of the other tool's work tree", HelpName = "SOURCE" };
        return VersionVerb.Make(name, description, source, To, Dry).Does((session, ct) => RunAsync(session, session.Parsed.GetValue(source)!, find, ct));
    }

    private static async Task<int> RunAsync(VersionSession session, string source, Func<string, CancellationToken, Task<IReadOnlyList<PointedFile>>> find, CancellationToken ct)
    {
        var from = Path.GetFullPath(source, session.Folder);
        var found = await find(from, ct);
        var below = session.Parsed.GetValue(To) is { } to ? session.PathOf(to).TrimEnd('/') + "/" : "";
        var files = found.Select(f => (File: f, Path: SafePath.Parse(below is "./" or "/" ? f.Path.ToString() : below + f.Path))).ToList();
        if (!session.Parsed.GetValue(Dry) && files.Count > 0)
            await TakeAsync(session, files, ct);
        if (session.Json)
            session.Document(new { files = files.Select(f => new { path = f.Path.ToString(), f.File.Size, pointer = f.File.Pointer }) });
        else if (files.Count == 0)
            session.Out.WriteLine($"{from} holds no pointers");
        else
            foreach (var (file, path) in files)
                session.Out.WriteLine($"{path}  {Format.Bytes(file.Size)}");
        return 0;
    }

    private static async Task TakeAsync(VersionSession session, List<(PointedFile File, SafePath Path)> files, CancellationToken ct)
    {
        using var held = await session.Repository.LockAsync(ct);
        var (work, root) = (session.Work, session.Repository.WorkFolder);
        var occupied = files.Where(f => Path.Combine(root, f.Path.ToString()) is { } target && File.Exists(target) && !IsPointer(target, f.File)).ToList();
        if (occupied.Count > 0)
            throw new TemperException([.. occupied.Select(f => new Problem("path_collision", $"'{f.Path}' is in the work tree already, and is not the pointer.") { File = f.Path.ToString(), Hint = "Move it away, or name another place with --to DIR." })]);
        long done = 0, all = Math.Max(1, files.Sum(f => f.File.Size));
        using (var line = new ProgressLine("import", session.Quiet, Console.IsErrorRedirected, TimeProvider.System))
            foreach (var (file, path) in files)
            {
                Write(file, Path.Combine(root, path.ToString()));
                line.Show((double)(done += file.Size) / all, Format.Bytes(done));
            }
        await work.AddAsync(new() { Paths = PathFilter.Of([.. files.Select(f => f.Path.ToString().Replace("[", "[[]", StringComparison.Ordinal))]), Force = true }, held, ct);
    }

    // In place, the pointer itself stands where its file goes; a DVC pointer stands beside it.
    private static bool IsPointer(string target, PointedFile file) => Path.GetFullPath(target) == Path.GetFullPath(file.Pointer) || Same(target, file);

    private static bool Same(string target, PointedFile file)
    {
        if (new FileInfo(target).Length != file.Size)
            return false;
        using var a = File.OpenRead(target);
        using var b = File.OpenRead(file.Content);
        return Core.Ids.Digest.OfAsync(a, CancellationToken.None).GetAwaiter().GetResult() == Core.Ids.Digest.OfAsync(b, CancellationToken.None).GetAwaiter().GetResult();
    }

    private static void Write(PointedFile file, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        Core.Files.DurableFile.Write(target, stream =>
        {
            using var content = File.OpenRead(file.Content);
            content.CopyTo(stream);
        });
    }
}
