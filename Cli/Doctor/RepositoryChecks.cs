using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Versioning.Care;
using Temper.Versioning.Repositories;
using Temper.Versioning.Sync;

namespace Temper.Cli.Doctor;

/// <summary>The repository of a folder, if there is one.</summary>
internal static class RepositoryChecks
{
    private const int ManyPacks = 500;

    public static async Task<IReadOnlyList<Finding>> AllAsync(string folder, CancellationToken ct)
    {
        try
        {
            await using var repository = await Repository.OpenAsync(folder, TimeProvider.System, ct);
            return [.. FolderChecks.All("repository", repository.Home), await HomeChecks.DatabaseAsync("repository", Path.Combine(repository.Home, "repo.db"), ct),
                await LinksAsync(repository, ct), Identity(repository), .. Remotes(repository)];
        }
        catch (TemperException error) when (error.Code == "not_a_repository")
        {
            return [];
        }
        catch (TemperException error)
        {
            return [new("repository", "opening", Health.Failed, error.Message, error.Problems[0].Hint ?? "`temper fsck --rebuild` makes a lost database again.")];
        }
    }

    private static async Task<Finding> LinksAsync(Repository repository, CancellationToken ct)
    {
        var report = await RepositoryCheck.RunAsync(repository, full: false, null, ct);
        if (report.Problems.Count > 0)
            return new("repository", "objects", Health.Failed, $"{report.Problems.Count} problems, the first: {report.Problems[0].Message}", "`temper fsck` lists them all.");
        return report.Packs > ManyPacks
            ? new("repository", "objects", Health.Warning, $"{Format.Number(report.Packs)} packs", "`temper gc` puts them into few.")
            : new("repository", "objects", Health.Ok, $"{Format.Number(report.Objects)} in {Format.Number(report.Packs)} packs, all links whole");
    }

    private static Finding Identity(Repository repository) => repository.Config.Get("user.email") is { } mail
        ? new("repository", "identity", Health.Ok, $"{repository.Config.Get("user.name")} <{mail}>")
        : new("repository", "identity", Health.Ok, "none of its own; the environment or the user's settings name one");

    private static IEnumerable<Finding> Remotes(Repository repository)
    {
        var settings = new RemoteSettings(repository);
        foreach (var name in settings.Names())
            yield return settings.Url(name) is { } url
                ? new("repository", "remote", Health.Ok, $"{name}: {url}{(settings.Promisor() == name ? ", which keeps files that are not here" : "")}")
                : new("repository", "remote", Health.Failed, $"{name} has no address", $"temper remote set-url {name} URL");
    }
}
