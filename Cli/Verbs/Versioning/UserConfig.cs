using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>The settings of a user for all repositories: the file that TEMPER_CONFIG_GLOBAL names, else <c>.temperconfig</c> in the home folder.</summary>
internal static class UserConfig
{
    public static string? File => Environment.GetEnvironmentVariable("TEMPER_CONFIG_GLOBAL") is { Length: > 0 } named ? named
        : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } home ? Path.Combine(home, ".temperconfig") : null;

    /// <summary>Null where there is no such file.</summary>
    public static RepositoryConfig? Load() => File is { } file && System.IO.File.Exists(file) ? RepositoryConfig.Load(file) : null;
}
