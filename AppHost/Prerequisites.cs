namespace Temper.AppHost;

/// <summary>Programs that a local run needs and no package brings.</summary>
internal static class Prerequisites
{
    /// <summary>Exit code of the environment's errors.</summary>
    public const int ExitCode = 5;

    /// <summary>One sentence for each program that is not there; null when all are.</summary>
    /// <param name="path">Folders as PATH lists them.</param>
    public static string? Missing(string? path)
    {
        var folders = (path ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        var missing = new List<string>();
        if (!IsThere("docker", folders) && !IsThere("podman", folders))
            missing.Add("Docker or Podman is not installed: the storage, the bus and the database run in containers. See https://docs.docker.com/get-docker/ or https://podman.io.");
        if (!IsThere("func", folders))
            missing.Add("Azure Functions Core Tools (the command func) are not installed: they run Functions.Ingest. See https://aka.ms/azfunc-install.");
        return missing.Count == 0 ? null : $"{string.Join(Environment.NewLine, missing)}{Environment.NewLine}Without them, `dotnet run --project Cli -- up` runs the embedded edition; docs/deploy.md says what else works.";
    }

    private static bool IsThere(string program, string[] folders) =>
        folders.Any(folder => ((string[])["", ".exe", ".cmd"]).Any(ending => File.Exists(Path.Combine(folder, program + ending))));
}
