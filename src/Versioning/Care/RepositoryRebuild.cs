using System.Globalization;
using System.Text;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.Care;

/// <summary>What was made again.</summary>
/// <param name="Refs">References.</param>
/// <param name="Moves">Moves in their log.</param>
/// <param name="SetAside">Where the old database lies, if there was one.</param>
public sealed record RebuildReport(int Refs, int Moves, string? SetAside);

/// <summary>
/// Makes the database of a repository again from packs, HEAD and <c>logs/refs</c>. The index becomes what HEAD holds; files that were added and not
/// committed are still in the work tree. The old database is set aside, never deleted.
/// </summary>
public static class RepositoryRebuild
{
    private static readonly string None = new('0', 64);

    /// <summary>Makes the database again.</summary>
    /// <param name="startFolder">The work tree, or a folder in it.</param>
    /// <param name="clock">Names what is set aside.</param>
    /// <param name="ct">Ends the work.</param>
    /// <exception cref="TemperException">Codes <c>not_a_repository</c>; <c>repository_damaged</c>: the log cannot be read, with file and line.</exception>
    public static async Task<RebuildReport> RunAsync(string startFolder, TimeProvider clock, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(clock);
        var (home, work) = Find(startFolder);
        var moves = ReadLog(Path.Combine(home, RepositoryLayout.RefLog));
        var aside = SetAside(home, clock);
        await using var repository = await Repository.InitAsync(work, new InitOptions { Bare = home == work }, clock, ct);
        using var held = await repository.LockAsync(ct);
        var refs = new SortedDictionary<string, Digest>(StringComparer.Ordinal);
        foreach (var move in moves.Where(m => m.Name != RepositoryLayout.Head))
        {
            if (move.New is { } target)
                refs[move.Name] = target;
            else
                refs.Remove(move.Name);
        }
        await repository.Database.InTransactionAsync((session, _) =>
        {
            using var insert = session.NewCommand("insert into reflog (id, name, old, new, who, reason) values (@id, @name, @old, @new, @who, @reason)");
            foreach (var move in moves)
                insert.With("@id", move.Number).With("@name", move.Name).With("@old", move.Old?.Hex).With("@new", move.New?.Hex).With("@who", move.Who).With("@reason", move.Reason).ExecuteNonQuery();
            using var put = session.NewCommand("insert into refs (name, target) values (@name, @target)");
            foreach (var (name, target) in refs)
                put.With("@name", name).With("@target", target.Hex).ExecuteNonQuery();
            return Task.CompletedTask;
        }, ct);
        if (!repository.IsBare && (await repository.Refs.HeadAsync(ct)).Commit is { } head)
            await repository.Index.ReadTreeAsync(repository.Objects, (await repository.Objects.ReadCommitAsync(head, ct)).Tree, ct);
        return new(refs.Count, moves.Count, aside);
    }

    private static (string Home, string Work) Find(string start)
    {
        for (var folder = Path.GetFullPath(start); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var home = Path.Combine(folder, RepositoryLayout.Folder);
            if (IsHome(home))
                return (home, folder);
            if (IsHome(folder))
                return Path.GetFileName(folder) == RepositoryLayout.Folder ? (folder, Path.GetDirectoryName(folder)!) : (folder, folder);
        }
        throw new TemperException("not_a_repository", $"Neither {Path.GetFullPath(start)} nor any folder above it holds a repository.");
    }

    // Without its database it is none for everybody else.
    private static bool IsHome(string folder) => File.Exists(Path.Combine(folder, RepositoryLayout.Head)) && Directory.Exists(Path.Combine(folder, "objects", "packs"));

    private static string? SetAside(string home, TimeProvider clock)
    {
        var database = Path.Combine(home, RepositoryLayout.Database);
        if (!File.Exists(database))
            return null;
        var aside = $"{database}.{clock.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmss'.'fff", CultureInfo.InvariantCulture)}.aside";
        foreach (var suffix in (string[])["", "-wal", "-shm"])
            if (File.Exists(database + suffix))
                File.Move(database + suffix, aside + suffix);
        return aside;
    }

    private static List<LoggedMove> ReadLog(string path)
    {
        var moves = new List<LoggedMove>();
        foreach (var (line, text) in File.Exists(path) ? File.ReadLines(path, Encoding.UTF8).Index() : [])
            moves.Add(Read(text) ?? throw new TemperException([new Problem("repository_damaged", $"{path}:{line + 1} is no move of a reference.") { File = path, Line = line + 1 }]));
        return moves;
    }

    private static LoggedMove? Read(string line)
    {
        if (line.Split('\t') is not [var move, var who, var reason] || move.Split(' ') is not [var number, var old, var now, var name]
            || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var n) || !IsId(old) || !IsId(now)
            || name != RepositoryLayout.Head && !RefName.IsValid(name))
            return null;
        _ = ObjectText.Signature(who, "move");
        return new(n, old == None ? null : Digest.Parse(old), now == None ? null : Digest.Parse(now), name, who, reason);
    }

    private static bool IsId(string text) => Digest.TryParse(text, out _);

    private sealed record LoggedMove(long Number, Digest? Old, Digest? New, string Name, string Who, string Reason);
}
