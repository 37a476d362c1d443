using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.Tests;

/// <summary>What git leaves of a merge in its work tree and its index.</summary>
internal sealed record GitMerge(bool IsClean, List<string> Files, List<string> Stages, List<string> Messages)
{
    // Version 2.39 looks for renames whatever it is told; so are only files found that have exactly the same content.
    public static GitMerge Of(GitPeer git, int ours, int theirs, params string[] options)
    {
        git.Run("checkout", "-q", "-f", "--detach", $"c{ours}");
        git.Run("clean", "-fdq");
        var (exit, output, error) = git.Try(["merge", "--no-ff", "--no-edit", "--no-stat", "--allow-unrelated-histories", "-X", "find-renames=100%", .. options, $"c{theirs}"]);
        if (exit > 1)
            throw new InvalidOperationException(error);
        var messages = output.Split('\n').Where(l => l.StartsWith("CONFLICT", StringComparison.Ordinal) || l.StartsWith("Auto-merging", StringComparison.Ordinal) || l.StartsWith("warning:", StringComparison.Ordinal));
        var stages = git.Run("ls-files", "-u", "-z").Split('\0', StringSplitOptions.RemoveEmptyEntries);
        // Git sometimes also tells of a file that had to go anyway.
        var told = messages.Where(m => !m.StartsWith("CONFLICT (file/directory)", StringComparison.Ordinal) || stages.Any(s => m.EndsWith($"moving it to {s[(s.IndexOf('\t') + 1)..]} instead.", StringComparison.Ordinal)));
        return new(exit == 0, FilesOf(git.Path), [.. stages], [.. told]);
    }

    /// <summary>The id that git gives a content.</summary>
    public static string IdOf(byte[] content)
    {
        var head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {content.Length}\0"));
#pragma warning disable CA5350 // Git's ids are SHA-1.
        return Convert.ToHexStringLower(SHA1.HashData([.. head, .. content]));
#pragma warning restore CA5350
    }

    /// <summary>Mode, id and path of all files of a work tree.</summary>
    public static List<string> FilesOf(string folder)
    {
        var files = new SortedDictionary<string, string>(GitOrder.Comparer);
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }))
        {
            var path = System.IO.Path.GetRelativePath(folder, file.FullName);
            if (path.StartsWith(".git/", StringComparison.Ordinal))
                continue;
            var mode = file.LinkTarget is not null ? "120000" : (file.UnixFileMode & UnixFileMode.UserExecute) != 0 ? "100755" : "100644";
            files.Add(path, $"{mode} {IdOf(file.LinkTarget is { } target ? Encoding.UTF8.GetBytes(target) : File.ReadAllBytes(file.FullName))}\t{path}");
        }
        return [.. files.Values];
    }
}
