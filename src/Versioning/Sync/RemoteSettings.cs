using Temper.Core.Errors;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.Sync;

/// <summary>The remotes of a repository, as sections <c>[remote "NAME"]</c> of its configuration, and which branch follows which of theirs.</summary>
/// <param name="repository">Whose.</param>
public sealed class RemoteSettings(Repository repository)
{
    private RepositoryConfig Config => repository.Config;

    /// <summary>Names, in the file's order.</summary>
    public IReadOnlyList<string> Names() => Config.Subsections("remote");

    /// <summary>Address of a remote; null when there is none of that name.</summary>
    public string? Url(string name) => IsName(name) ? Config.Get($"remote.{name}.url") : null;

    /// <summary>What a fetch brings.</summary>
    public IReadOnlyList<RefSpec> FetchSpecs(string name) => [.. Config.GetAll($"remote.{name}.fetch").Select(RefSpec.Parse)];

    /// <summary>The filter of a partial clone, such as <c>size:1m</c>; null: none.</summary>
    public string? Filter(string name) => Config.Get($"remote.{name}.partialclonefilter");

    /// <summary>The remote that has what a partial clone lacks; null in a whole one.</summary>
    public string? Promisor() => Names().FirstOrDefault(name => Config.GetBool($"remote.{name}.promisor", false));

    /// <summary>Paths that are checked out; none: all.</summary>
    public IReadOnlyList<string> SparsePaths() => Config.GetAll("core.sparsepath");

    /// <summary>Adds a remote.</summary>
    /// <exception cref="TemperException">Codes <c>remote_exists</c>, <c>ref_invalid</c>.</exception>
    public void Add(string name, string url)
    {
        CheckNew(name);
        Config.Set($"remote.{name}.url", url);
        Config.Set($"remote.{name}.fetch", $"+refs/heads/*:{RefName.Remotes}{name}/*");
        Config.Save();
    }

    /// <summary>Gives a remote another address.</summary>
    /// <exception cref="TemperException">Code <c>remote_unknown</c>.</exception>
    public void SetUrl(string name, string url)
    {
        Need(name);
        Config.Set($"remote.{name}.url", url);
        Config.Save();
    }

    /// <summary>Makes a remote the one that has what is lacking here.</summary>
    public void SetPartial(string name, string? filter, IEnumerable<string> sparse)
    {
        Config.Set($"remote.{name}.promisor", "true");
        if (filter is not null)
            Config.Set($"remote.{name}.partialclonefilter", filter);
        foreach (var path in sparse)
            Config.Add("core.sparsepath", path);
        Config.Save();
    }

    /// <summary>Forgets a remote with all that was fetched from it.</summary>
    /// <exception cref="TemperException">Code <c>remote_unknown</c>.</exception>
    public async Task RemoveAsync(string name, Objects.Signature who, CancellationToken ct)
    {
        Need(name);
        var tracked = await repository.Refs.ListAsync($"{RefName.Remotes}{name}/", ct);
        await repository.Refs.UpdateAsync([.. tracked.Select(r => new RefUpdate(r.Name, r.Target, null))], "remote: remove", who, ct);
        Config.RemoveSection("remote", name);
        foreach (var branch in Config.Subsections("branch").Where(b => Config.Get($"branch.{b}.remote") == name).ToList())
            Unfollow(branch);
        Config.Save();
    }

    /// <summary>Renames a remote, its references and what follows it.</summary>
    /// <exception cref="TemperException">Codes <c>remote_unknown</c>, <c>remote_exists</c>, <c>ref_invalid</c>.</exception>
    public async Task RenameAsync(string old, string name, Objects.Signature who, CancellationToken ct)
    {
        Need(old);
        CheckNew(name);
        var tracked = await repository.Refs.ListAsync($"{RefName.Remotes}{old}/", ct);
        await repository.Refs.UpdateAsync([.. tracked.Select(r => new RefUpdate(r.Name, r.Target, null)),
            .. tracked.Select(r => new RefUpdate($"{RefName.Remotes}{name}/{r.Name[$"{RefName.Remotes}{old}/".Length..]}", null, r.Target))], "remote: rename", who, ct);
        foreach (var (key, value) in Config.All.Where(s => s.Key.StartsWith($"remote.{old}.", StringComparison.Ordinal)).ToList())
            Config.Add($"remote.{name}.{key[$"remote.{old}.".Length..]}", value.Replace($"{RefName.Remotes}{old}/", $"{RefName.Remotes}{name}/", StringComparison.Ordinal));
        Config.RemoveSection("remote", old);
        foreach (var branch in Config.Subsections("branch").Where(b => Config.Get($"branch.{b}.remote") == old).ToList())
            Config.Set($"branch.{branch}.remote", name);
        Config.Save();
    }

    /// <summary>What a branch follows; null: nothing.</summary>
    public (string Remote, string Branch)? Upstream(string branch) =>
        Config.Get($"branch.{branch}.remote") is { } remote && Config.Get($"branch.{branch}.merge") is { } merge ? (remote, merge) : null;

    /// <summary>Lets a branch follow a remote's.</summary>
    /// <param name="branch">Short name.</param>
    /// <param name="remote">Name of the remote.</param>
    /// <param name="merge">Full name of its branch.</param>
    public void Follow(string branch, string remote, string merge)
    {
        Config.Set($"branch.{branch}.remote", remote);
        Config.Set($"branch.{branch}.merge", merge);
        Config.Save();
    }

    private void Unfollow(string branch)
    {
        Config.Unset($"branch.{branch}.remote");
        Config.Unset($"branch.{branch}.merge");
    }

    private void CheckNew(string name)
    {
        if (!IsName(name))
            throw new TemperException("ref_invalid", $"'{name}' cannot be the name of a remote.");
        if (Names().Contains(name, StringComparer.Ordinal))
            throw new TemperException("remote_exists", $"There is a remote '{name}' already.");
    }

    private void Need(string name)
    {
        if (!Names().Contains(name, StringComparer.Ordinal))
            throw new TemperException("remote_unknown", $"There is no remote '{name}'.");
    }

    private static bool IsName(string name) => name.Length > 0 && !name.StartsWith('-') && RefName.IsValid($"{RefName.Remotes}{name}/x");
}
