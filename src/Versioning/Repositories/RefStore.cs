using System.Text;
using Temper.Core.Errors;
using Temper.Core.Files;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Storage.Folder;
using Temper.Storage.Sql;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Repositories;

/// <summary>
/// Branches, tags and HEAD. Moves are compare-and-swap, all or nothing, and noted twice: in the database, and flushed to <c>logs/refs</c>, from
/// which the database can be made again. Safe from any thread; who moves holds the repository's lock.
/// </summary>
public sealed class RefStore
{
    private const string Branches = "ref: ";
    private readonly Db _db;
    private readonly string _home;
    private readonly RefJournal _journal;

    internal RefStore(Db db, string home) => (_db, _home, _journal) = (db, home, new(db, Path.Combine(home, RepositoryLayout.RefLog)));

    /// <summary>Asked before references move; what it throws keeps them where they are.</summary>
    internal Func<IReadOnlyList<RefUpdate>, CancellationToken, Task>? Before { get; set; }

    /// <summary>Where a reference points; null when there is none of that full name. <c>HEAD</c> is answered too.</summary>
    public ValueTask<Digest?> FindAsync(string name, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return new(name == RepositoryLayout.Head ? ReadHead().Commit : Find(name));
    }

    /// <summary>All references whose full name begins so, sorted by name.</summary>
    public Task<IReadOnlyList<(string Name, Digest Target)>> ListAsync(string prefix, CancellationToken ct) => _db.ReadAsync((session, _) =>
    {
        using var command = session.NewCommand("select name, target from refs where name >= @from and name < @to order by name");
        command.With("@from", prefix).With("@to", prefix + "\U0010FFFF");
        using var reader = command.ExecuteReader();
        var found = new List<(string, Digest)>();
        while (reader.Read())
            found.Add((reader.GetString(0), Id(reader.GetString(1))));
        return Task.FromResult<IReadOnlyList<(string Name, Digest Target)>>(found);
    }, ct);

    /// <summary>What is checked out.</summary>
    /// <exception cref="TemperException">Code <c>repository_corrupt</c>.</exception>
    public Task<Head> HeadAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return Task.FromResult(ReadHead());
    }

    /// <summary>Checks out a branch, or a commit where <see cref="Head.Branch"/> is null. Does not move the branch.</summary>
    public async Task SetHeadAsync(Head head, string reason, Signature who, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(head);
        var text = head.Branch is { } branch ? Branches + branch : head.Commit?.Hex ?? throw new ArgumentException("A head without a branch has a commit.", nameof(head));
        var before = await HeadAsync(ct);
        // A commit that is checked out already leaves nothing to log, as in git.
        if (head.Branch is null && before == head)
            return;
        var old = before.Commit;
        var now = head.Branch is null ? head.Commit : await FindAsync(head.Branch, ct);
        DurableFile.Write(Path.Combine(_home, RepositoryLayout.Head), Encoding.UTF8.GetBytes(text + "\n"));
        FolderSync.Flush(_home);
        DurableSteps.Passed("vcs.head_written");
        // Git logs nothing of a branch that has no commit yet.
        if (now is null)
            return;
        await _db.InTransactionAsync((session, _) =>
        {
            RefJournal.Note(session, RepositoryLayout.Head, old, now, who, reason);
            return Task.CompletedTask;
        }, ct);
        await _journal.WriteAsync(ct);
    }

    /// <summary>Moves references: all of them, or none when one is not where it should be.</summary>
    /// <exception cref="TemperException">Codes <c>ref_moved</c>, <c>ref_exists</c> (also <c>a/b</c> beside <c>a</c>), <c>ref_invalid</c>; <c>signature_missing</c> and its like where the settings ask for signatures.</exception>
    public async Task UpdateAsync(IReadOnlyList<RefUpdate> updates, string reason, Signature who, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(updates);
        if (updates.FirstOrDefault(u => !RefName.IsValid(u.Name)) is { } bad)
            throw new TemperException("ref_invalid", $"'{bad.Name}' cannot be the name of a reference.");
        if (Before is not null)
            await Before(updates, ct);
        var head = await HeadAsync(ct);
        await _db.InTransactionAsync((session, _) =>
        {
            // Removals first: a branch may take the place of one that is a part of its name.
            foreach (var update in updates.OrderBy(u => u.New is not null).ThenBy(u => u.Name, StringComparer.Ordinal))
            {
                Move(session, update);
                RefJournal.Note(session, update.Name, update.Old, update.New, who, reason);
                if (update.Name == head.Branch)
                    RefJournal.Note(session, RepositoryLayout.Head, update.Old, update.New, who, reason);
            }
            return Task.CompletedTask;
        }, ct);
        DurableSteps.Passed("vcs.refs_moved");
        await _journal.WriteAsync(ct);
        DurableSteps.Passed("vcs.refs_logged");
    }

    /// <summary>The moves of a reference or of <c>HEAD</c>, the last one first.</summary>
    public Task<IReadOnlyList<ReflogEntry>> ReflogAsync(string name, int most, CancellationToken ct) => _db.ReadAsync((session, _) =>
    {
        using var command = session.NewCommand("select old, new, who, reason from reflog where name = @name order by id desc limit @most");
        command.With("@name", name).With("@most", most);
        using var reader = command.ExecuteReader();
        var found = new List<ReflogEntry>();
        while (reader.Read())
            found.Add(new(reader.IsDBNull(0) ? null : Id(reader.GetString(0)), reader.IsDBNull(1) ? null : Id(reader.GetString(1)), ObjectText.Signature(reader.GetString(2), "reflog"), reader.GetString(3)));
        return Task.FromResult<IReadOnlyList<ReflogEntry>>(found);
    }, ct);

    private Head ReadHead()
    {
        var text = File.ReadAllText(Path.Combine(_home, RepositoryLayout.Head)).TrimEnd('\n');
        if (text.StartsWith(Branches, StringComparison.Ordinal) && RefName.IsValid(text[Branches.Length..]))
            return new(text[Branches.Length..], Find(text[Branches.Length..]));
        return Digest.TryParse(text, out var commit) ? new(null, commit) : throw new TemperException("repository_corrupt", "HEAD names neither a branch nor a commit.");
    }

    private Digest? Find(string name) => _db.Read(session => Text(session, name)) is { } text ? Id(text) : null;

    private static void Move(DbSession session, RefUpdate update)
    {
        var now = Find(session, update.Name);
        if (now != update.Old)
            throw new TemperException(update.Old is null ? "ref_exists" : "ref_moved",
                update.Old is null ? $"There is a reference '{update.Name}' already." : $"The reference '{update.Name}' should be at {update.Old.Value.Short}; it is {(now is { } at ? $"at {at.Short}" : "gone")}.");
        if (update.New is not { } target)
        {
            using var remove = session.NewCommand("delete from refs where name = @name");
            remove.With("@name", update.Name).ExecuteNonQuery();
            return;
        }
        if (now is null && Neighbour(session, update.Name) is { } other)
            throw new TemperException("ref_exists", $"'{update.Name}' cannot be made beside '{other}'.");
        using var put = session.NewCommand("insert into refs (name, target) values (@name, @target) on conflict (name) do update set target = excluded.target");
        put.With("@name", update.Name).With("@target", target.Hex).ExecuteNonQuery();
    }

    // Names are paths: a name cannot be both a reference and a folder of references.
    private static string? Neighbour(DbSession session, string name)
    {
        for (var slash = name.LastIndexOf('/'); slash > 5; slash = name.LastIndexOf('/', slash - 1))
            if (Find(session, name[..slash]) is not null)
                return name[..slash];
        using var below = session.NewCommand("select name from refs where name >= @from and name < @to limit 1");
        return below.With("@from", name + "/").With("@to", name + "0").ExecuteScalar() as string;
    }

    private static Digest? Find(DbSession session, string name) => Text(session, name) is { } text ? Id(text) : null;

    private static string? Text(DbSession session, string name)
    {
        using var command = session.NewCommand("select target from refs where name = @name");
        return command.With("@name", name).ExecuteScalar() as string;
    }

    private static Digest Id(string text) => Digest.TryParse(text, out var id) ? id : throw new TemperException("repository_corrupt", $"The database of references holds '{text}', which is not an id.");
}
