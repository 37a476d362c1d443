using Temper.Core.Errors;
using Temper.Core.Files;
using Temper.Core.Ids;
using Temper.Versioning.Metadata;
using Temper.Versioning.Repositories;
using Temper.Versioning.WorkTrees;

namespace Temper.Versioning.Sync;

/// <summary>How a clone is made.</summary>
public sealed record CloneOptions
{
    /// <summary>Without a work tree, its branches where the remote's are.</summary>
    public bool Bare { get; init; }

    /// <summary>How many commits from each branch; null: all.</summary>
    public int? Depth { get; init; }

    /// <summary>Which files stay with the remote until they are needed, such as <c>size:1m</c>; null: none.</summary>
    public string? Filter { get; init; }

    /// <summary>Folders that are checked out, and whose files come now; none: all.</summary>
    public IReadOnlyList<string> Sparse { get; init; } = [];

    /// <summary>Short name of the branch or tag to check out; null: the remote's own choice.</summary>
    public string? Branch { get; init; }

    /// <summary>Name of the remote.</summary>
    public string Origin { get; init; } = "origin";

    /// <summary>Settings that the new repository gets before anything is fetched, such as <c>safety.formats</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; } = [];

    /// <summary>Whether files are left out of the work tree.</summary>
    public bool NoCheckout { get; init; }
}

/// <summary>Makes a repository out of another one. A clone that was cut off goes on when it is run again on the same folder.</summary>
/// <param name="remotes">Opens the other side.</param>
/// <param name="meter">Counts bytes.</param>
public sealed class Cloner(Remotes remotes, TransferMeter meter)
{
    private const string Marker = "CLONING";

    /// <summary>Clones.</summary>
    /// <param name="address">Of the other repository; a folder's is relative to the current folder.</param>
    /// <param name="folder">Where to; must be empty, not there, or an unfinished clone of the same address.</param>
    /// <param name="options">How.</param>
    /// <param name="ct">Ends the work.</param>
    /// <exception cref="TemperException">Codes <c>remote_unknown</c>, <c>folder_not_empty</c>, <c>revision_unknown</c>, those of <see cref="IRemote"/>.</exception>
    public async Task<Repository> RunAsync(string address, string folder, CloneOptions options, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(options);
        folder = Path.GetFullPath(folder);
        var full = address.Contains("://", StringComparison.Ordinal) ? address : Path.GetFullPath(address);
        await using var remote = await remotes.OpenAsync(full, folder, Path.GetTempPath(), meter, ct);
        var state = await remote.ReadAsync(ct);
        var head = HeadOf(state, options);
        CheckFree(folder, full, options.Bare);
        var repository = await Repository.InitAsync(folder, new() { Bare = options.Bare, Branch = head.Branch is { } branch ? RefName.Short(branch) : null }, remotes.Clock, ct);
        try
        {
            await FillAsync(repository, remote, full, head, options, ct);
            return repository;
        }
        catch
        {
            await repository.DisposeAsync();
            throw;
        }
    }

    private async Task FillAsync(Repository repository, IRemote remote, string address, Head head, CloneOptions options, CancellationToken ct)
    {
        var marker = Path.Combine(repository.Home, Marker);
        DurableFile.Write(marker, System.Text.Encoding.UTF8.GetBytes(address));
        var settings = new RemoteSettings(repository);
        if (settings.Url(options.Origin) is null)
            settings.Add(options.Origin, address);
        if (options.Filter is not null || options.Sparse.Count > 0)
            settings.SetPartial(options.Origin, options.Filter, options.Sparse.Except(settings.SparsePaths(), StringComparer.Ordinal));
        foreach (var (name, value) in options.Settings)
            repository.Config.Set(name, value);
        if (options.Settings.Count > 0)
            repository.Config.Save();
        var sparse = SparsePaths.Of(repository.Config);
        await new Fetcher(repository, remote, meter).RunAsync(new()
        {
            Specs = [options.Bare ? new("refs/heads/*", "refs/heads/*", true) : RefSpec.Branches(options.Origin), .. TagOf(head, options)],
            Depth = options.Depth,
            LargestFile = options.Filter is { } filter ? SizeFilter.Parse(filter) : null,
            Wanted = sparse is null ? null : sparse.Holds,
        }, remotes.Who, ct);
        repository.Promised = (files, token) => PromisedFiles.FetchAsync(repository, files, remotes, meter, token);
        using (var held = await repository.LockAsync(ct))
            await CheckOutAsync(repository, head, options, held, ct);
        File.Delete(marker);
    }

    private async Task CheckOutAsync(Repository repository, Head head, CloneOptions options, RepositoryLock held, CancellationToken ct)
    {
        if (head.Branch is { } branch && head.Commit is not null && !options.Bare)
        {
            if (await repository.Refs.FindAsync(branch, ct) is null)
                await repository.Refs.UpdateAsync([new(branch, null, head.Commit)], $"clone: from {options.Origin}", remotes.Who, ct);
            new RemoteSettings(repository).Follow(RefName.Short(branch), options.Origin, branch);
        }
        if (head.Commit is not { } target)
        {
            if (head.Branch is not null)
                await repository.Refs.SetHeadAsync(head, $"clone: from {options.Origin}", remotes.Who, ct);
            return;
        }
        var commit = await CommitAsync(repository, target, ct);
        if (!options.Bare && !options.NoCheckout)
        {
            var work = new WorkTree(repository);
            var read = await repository.Objects.ReadCommitAsync(commit, ct);
            await work.SwitchAsync(null, read.Tree, held, ct);
            await MetadataTree.CheckOutAsync(repository.Objects, read.Meta, Path.Combine(repository.Home, "metadata"), ct);
            await repository.Refs.SetHeadAsync(new(head.Branch, commit), $"clone: from {options.Origin}", remotes.Who, ct);
            work.EndSwitch();
            return;
        }
        await repository.Refs.SetHeadAsync(new(head.Branch, commit), $"clone: from {options.Origin}", remotes.Who, ct);
    }

    private static async Task<Digest> CommitAsync(Repository repository, Digest target, CancellationToken ct)
    {
        while (await repository.Objects.FindKindAsync(target, ct) == Objects.ObjectKind.Tag)
            target = (await repository.Objects.ReadTagAsync(target, ct)).Target;
        return target;
    }

    /// <summary>What will be checked out. An empty remote has a branch without a commit.</summary>
    private static Head HeadOf(RemoteState state, CloneOptions options)
    {
        if (options.Branch is not { } name)
        {
            var branch = state.DefaultBranch is { } own && (state.Find(own) is not null || state.Refs.Count == 0) ? own
                : state.Refs.Select(r => r.Key).FirstOrDefault(r => r.StartsWith(RefName.Heads, StringComparison.Ordinal)) ?? state.DefaultBranch ?? RefName.Heads + "main";
            return new(branch, state.Find(branch));
        }
        return state.Find(RefName.Heads + name) is { } tip ? new(RefName.Heads + name, tip)
            : state.Find(RefName.Tags + name) is { } tag ? new(null, tag)
            : throw new TemperException("revision_unknown", $"The remote has no branch or tag '{name}'.");
    }

    private static IEnumerable<RefSpec> TagOf(Head head, CloneOptions options) =>
        head.Branch is null && options.Branch is { } tag ? [new(RefName.Tags + tag, RefName.Tags + tag, true)] : [];

    private static void CheckFree(string folder, string address, bool bare)
    {
        if (!Directory.Exists(folder) || !Directory.EnumerateFileSystemEntries(folder).Any())
            return;
        var marker = Path.Combine(folder, bare ? "" : RepositoryLayout.Folder, Marker);
        if (!File.Exists(marker) || File.ReadAllText(marker) != address)
            throw new TemperException("folder_not_empty", $"{folder} is there already and not empty.", "Choose another folder.");
    }
}
