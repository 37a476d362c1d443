using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>A branch that exists at one remote only is made here when it is asked for, and follows the remote's.</summary>
internal static class RemoteBranch
{
    /// <summary>The name of the branch that was made; null when no remote, or more than one, has it.</summary>
    public static async Task<string?> FollowAsync(VersionSession session, string name, CancellationToken ct)
    {
        var repository = session.Repository;
        var found = (await repository.Refs.ListAsync(RefName.Remotes, ct)).Where(r => RefName.Short(r.Name).IndexOf('/', StringComparison.Ordinal) is > 0 and var slash && RefName.Short(r.Name)[(slash + 1)..] == name).ToList();
        if (found is not [var only] || !RefName.IsValid(RefName.Heads + name))
            return null;
        await repository.Refs.UpdateAsync([new(RefName.Heads + name, null, only.Target)], $"branch: Created from {only.Name}", session.Mover(), ct);
        repository.Config.Set($"branch.{name}.remote", RefName.Short(only.Name).Split('/')[0]);
        repository.Config.Set($"branch.{name}.merge", RefName.Heads + name);
        repository.Config.Save();
        session.Note($"Branch {name} follows {RefName.Short(only.Name)}");
        return name;
    }
}
