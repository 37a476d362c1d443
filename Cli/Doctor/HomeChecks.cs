using Temper.Cli.Hosting;
using Temper.Core.Errors;
using Temper.Core.Registry;
using Temper.Storage.Sql;

namespace Temper.Cli.Doctor;

/// <summary>The home of the one-process edition, and the server that runs on it.</summary>
internal static class HomeChecks
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static async Task<IReadOnlyList<Finding>> AllAsync(HomeFolder home, CancellationToken ct)
    {
        var findings = new List<Finding>(FolderChecks.All("home", home.Path));
        if (File.Exists(home.Database))
            findings.Add(await DatabaseAsync("home", home.Database, ct));
        findings.Add(await ServerAsync(home, ct));
        return findings;
    }

    /// <summary>SQLite's own check of its pages and indexes.</summary>
    public static async Task<Finding> DatabaseAsync(string area, string path, CancellationToken ct)
    {
        try
        {
            await using var db = Db.Sqlite(path);
            var said = await db.ScalarAsync<string>("pragma quick_check(1)", null, ct);
            return said == "ok"
                ? new(area, "database", Health.Ok, $"{Path.GetFileName(path)} is sound")
                : new(area, "database", Health.Failed, $"{path}: {said}", "Restore a backup, or make a repository's again with `temper fsck --rebuild`.");
        }
        catch (TemperException error)
        {
            return new(area, "database", Health.Failed, $"{path}: {error.Message}", error.Problems[0].Hint);
        }
    }

    private static async Task<Finding> ServerAsync(HomeFolder home, CancellationToken ct)
    {
        if (home.RunningServer() is not { } running)
            return new("server", "running", Health.Ok, "none runs on this home");
        try
        {
            using var client = new RegistryClient(new Uri(running.Url), GlobalOptions.ApiKey, Patience, TimeProvider.System);
            var server = await client.ServerAsync(ct);
            return server.Version == Product.Informational
                ? new("server", "running", Health.Ok, $"{running.Url}, process {running.Pid}")
                : new("server", "running", Health.Warning, $"{running.Url} is version {server.Version}, this is {Product.Informational}", "Start it again with this version.");
        }
        catch (TemperException error)
        {
            return new("server", "running", Health.Failed, $"{running.Url} does not answer: {error.Message}", error.Problems[0].Hint ?? $"Look at its log; end process {running.Pid} and start it again.");
        }
    }
}
