using Temper.Core.Errors;
using Temper.Core.Files;
using Temper.Core.Ids;
using Temper.Storage.Folder;
using Temper.Storage.Sql;
using Temper.Versioning.Content;
using Temper.Versioning.Signing;

namespace Temper.Versioning.Repositories;

/// <summary>
/// A repository in a folder: its objects, references, index and settings. Reading is safe from any thread and while others write; whoever writes
/// holds <see cref="LockAsync"/>. Layout: docs/formats/repository.md.
/// </summary>
public sealed class Repository : IAsyncDisposable
{
    private const string Version = "1";
    private readonly Db _db;

    private Repository(string home, string work, Db db, RepositoryConfig config, TimeProvider clock)
    {
        (Home, WorkFolder, _db, Config, Clock) = (home, work, db, config, clock);
        IsBare = string.Equals(config.Get("core.bare"), "true", StringComparison.OrdinalIgnoreCase);
        Refs = new(db, home);
        Index = new(db);
        Objects = new(Path.Combine(home, "objects"), clock);
        Merging = new(home);
        Refs.Before = RequireSignaturesAsync;
        // Clones with a depth or a filter leave objects with their remote.
        Objects.IsPartial = File.Exists(Path.Combine(home, RepositoryLayout.Shallow)) || config.Subsections("remote").Any(name => config.GetBool($"remote.{name}.promisor", false));
    }

    /// <summary>Full path of the folder whose files are versioned; of a bare repository, its own folder.</summary>
    public string WorkFolder { get; }

    /// <summary>Full path of the folder that holds the repository, <c>.temper</c> in a work tree.</summary>
    public string Home { get; }

    /// <summary>Whether it has no work tree.</summary>
    public bool IsBare { get; }

    /// <summary>What tells the time.</summary>
    public TimeProvider Clock { get; }

    /// <summary>Files, trees, commits and tags.</summary>
    public PackFolder Objects { get; }

    /// <summary>Branches, tags and what is checked out.</summary>
    public RefStore Refs { get; }

    /// <summary>What the next commit will hold.</summary>
    public WorkIndex Index { get; }

    /// <summary>Settings of this repository.</summary>
    public RepositoryConfig Config { get; }

    /// <summary>The merge that is under way, if there is one.</summary>
    public MergeState Merging { get; }

    /// <summary>Brings files that a partial clone left with its remote, before they are written into the work tree; null: nobody does.</summary>
    public Func<IReadOnlyCollection<Digest>, CancellationToken, Task>? Promised { get; set; }

    /// <summary>The database, for tables of other parts of the store.</summary>
    internal Db Database => _db;

    /// <summary>Opens the repository of a folder: in it, or in the nearest folder above.</summary>
    /// <exception cref="TemperException">Codes <c>not_a_repository</c>, <c>repository_version</c>, <c>repository_corrupt</c>.</exception>
    public static async Task<Repository> OpenAsync(string startFolder, TimeProvider clock, CancellationToken ct)
    {
        for (var folder = Path.GetFullPath(startFolder); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var home = Path.Combine(folder, RepositoryLayout.Folder);
            if (RepositoryLayout.IsHome(home))
                return await AtAsync(home, folder, clock, ct);
            if (RepositoryLayout.IsHome(folder))
                return await AtAsync(folder, Path.GetFileName(folder) == RepositoryLayout.Folder ? Path.GetDirectoryName(folder)! : folder, clock, ct);
        }
        throw new TemperException("not_a_repository", $"Neither {Path.GetFullPath(startFolder)} nor any folder above it holds a {RepositoryLayout.Folder} repository.");
    }

    /// <summary>Makes a repository in a folder, which is made where it is missing. Where there is one already, only what it lacks is added.</summary>
    /// <exception cref="TemperException">Codes <c>ref_invalid</c> for the branch's name, <c>permission_denied</c>.</exception>
    public static async Task<Repository> InitAsync(string folder, InitOptions options, TimeProvider clock, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(options);
        var branch = RefName.Branch(options.Branch ?? "main");
        var work = Path.GetFullPath(folder);
        var home = options.Bare ? work : Path.Combine(work, RepositoryLayout.Folder);
        foreach (var name in RepositoryLayout.Folders)
            Directory.CreateDirectory(Path.Combine(home, name));
        await using (var db = Db.Sqlite(Path.Combine(home, RepositoryLayout.Database)))
            await PrepareAsync(db, ct);
        WriteConfig(home, options);
        if (!File.Exists(Path.Combine(home, RepositoryLayout.Head)))
            DurableFile.Write(Path.Combine(home, RepositoryLayout.Head), System.Text.Encoding.UTF8.GetBytes($"ref: {branch}\n"));
        FolderSync.Flush(home);
        FolderSync.Flush(work);
        return await AtAsync(home, work, clock, ct);
    }

    /// <summary>Becomes the one writer. Held until it is disposed, or the process ends.</summary>
    /// <exception cref="TemperException">Code <c>repository_locked</c> when another process keeps it for some seconds.</exception>
    public Task<RepositoryLock> LockAsync(CancellationToken ct) => RepositoryLock.TakeAsync(Path.Combine(Home, RepositoryLayout.Lock), Clock, ct);

    /// <summary>Becomes the one writer at once, or null when somebody else is: for what may as well be left undone.</summary>
    public RepositoryLock? TryLock() => RepositoryLock.Try(Path.Combine(Home, RepositoryLayout.Lock));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Objects.Dispose();
        await _db.DisposeAsync();
    }

    private Task RequireSignaturesAsync(IReadOnlyList<RefUpdate> moves, CancellationToken ct) => Config.GetAll("security.requireSigned") is { Count: > 0 } patterns
        ? SignedRefs.RequireAsync(Objects, patterns, TrustedKeys.From(Config.All), moves.Select(m => (m.Name, m.New)), ct)
        : Task.CompletedTask;

    private static void WriteConfig(string home, InitOptions options)
    {
        var config = RepositoryConfig.Load(Path.Combine(home, RepositoryLayout.Config));
        if (config.Get("core.repositoryformatversion") is null)
            config.Set("core.repositoryformatversion", Version);
        if (config.Get("core.bare") is null)
            config.Set("core.bare", options.Bare ? "true" : "false");
        if (options.Name is not null)
            config.Set("user.name", options.Name);
        if (options.Email is not null)
            config.Set("user.email", options.Email);
        config.Save();
    }

    private static async Task PrepareAsync(Db db, CancellationToken ct)
    {
        await db.ExecuteAsync(RepositorySchema.Version1, null, ct);
        await db.ExecuteAsync("insert into facts (key, value) values ('version', '1') on conflict do nothing", null, ct);
    }

    private static Task<Repository> AtAsync(string home, string work, TimeProvider clock, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var config = RepositoryConfig.Load(Path.Combine(home, RepositoryLayout.Config));
        if (config.Get("core.repositoryformatversion") is { } version && version != Version)
            throw new TemperException("repository_version", $"The repository at {home} has format {version}; this program knows {Version}.");
        return Task.FromResult(new Repository(home, work, Db.Sqlite(Path.Combine(home, RepositoryLayout.Database)), config, clock));
    }
}
