namespace Temper.Versioning.Backups;

/// <summary>What is backed up.</summary>
/// <param name="Kind"><c>repository</c>, <c>bare</c> or <c>home</c>: told to whoever restores it.</param>
/// <param name="Root">The folder.</param>
/// <param name="Databases">SQLite files below it: copied first, each at one instant.</param>
/// <param name="Folders">Folders below it that are copied with all in them, but for <paramref name="Leaves"/>.</param>
/// <param name="Files">Single files below it that are copied where they exist.</param>
/// <param name="Leaves">Whether a path (relative, with <c>/</c>) is left out.</param>
public sealed record BackupSource(string Kind, string Root, IReadOnlyList<string> Databases, IReadOnlyList<string> Folders, IReadOnlyList<string> Files, Func<string, bool> Leaves)
{
    /// <summary>A repository's folder (<c>.temper</c>): packs, references, configuration, journals. Work in progress is left out.</summary>
    public static BackupSource Repository(string home, bool bare = false) => new(bare ? "bare" : "repository", home, ["repo.db"], ["objects/packs", "metadata", "logs", "info"], ["HEAD", "config", "shallow"], _ => false);

    /// <summary>The home of the one-process edition: the registry's database and blobs. Caches, locks and unfinished writes are left out.</summary>
    public static BackupSource Home(string home) => new("home", home, ["registry.db"], ["blobs/blobs"], [], path => path.StartsWith("blobs/blobs/cache+/", StringComparison.Ordinal));
}
