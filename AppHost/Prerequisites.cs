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
        var folders = Folders(path);
        var missing = new List<string>();
        if (!IsThere("docker", folders) && !IsThere("podman", folders))
            missing.Add("Docker or Podman is not installed: the storage, the bus and the database run in containers. See https://docs.docker.com/get-docker/ or https://podman.io.");
        if (!IsThere("func", folders))
            missing.Add("Azure Functions Core Tools (the command func) are not installed: they run Functions.Ingest. See https://aka.ms/azfunc-install.");
        return missing.Count == 0 ? null : $"{string.Join(Environment.NewLine, missing)}{Environment.NewLine}Without them, `dotnet run --project Cli -- up` runs the embedded edition; docs/deploy.md says what else works.";
    }

    /// <summary>How the program that runs containers hands in the GPUs of this machine.</summary>
    /// <param name="chosen">The program that Aspire was told to take; null: Docker, or Podman where that alone is there.</param>
    /// <param name="path">Folders as PATH lists them.</param>
    public static string[] GpuArguments(string? chosen, string? path)
    {
        var folders = Folders(path);
        var podman = chosen is null ? IsThere("podman", folders) && !IsThere("docker", folders) : chosen.Equals("podman", StringComparison.OrdinalIgnoreCase);
        return podman ? ["--device", "nvidia.com/gpu=all"] : ["--gpus", "all"];
    }

    private static string[] Folders(string? path) => (path ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    private static bool IsThere(string program, string[] folders) =>
        folders.Any(folder => ((string[])["", ".exe", ".cmd"]).Any(ending => File.Exists(Path.Combine(folder, program + ending))));
}
