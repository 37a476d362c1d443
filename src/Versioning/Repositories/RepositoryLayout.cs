namespace Temper.Versioning.Repositories;

/// <summary>Names of what lies in a repository's folder: docs/formats/repository.md.</summary>
internal static class RepositoryLayout
{
    /// <summary>The folder in a work tree.</summary>
    public const string Folder = ".temper";

    /// <summary>The branch or commit that is checked out.</summary>
    public const string Head = "HEAD";

    /// <summary>Settings.</summary>
    public const string Config = "config";

    /// <summary>References, index and caches.</summary>
    public const string Database = "repo.db";

    /// <summary>What only one process may hold.</summary>
    public const string Lock = "lock";

    /// <summary>Every move of a reference, flushed.</summary>
    public const string RefLog = "logs/refs";

    /// <summary>What was done, for people: JSON lines.</summary>
    public const string History = "logs/history.log";

    /// <summary>Patterns of files that only this clone ignores.</summary>
    public const string Exclude = "info/exclude";

    /// <summary>Commits whose parents were left with the remote.</summary>
    public const string Shallow = "shallow";

    /// <summary>All folders.</summary>
    public static readonly string[] Folders = ["objects/packs", "objects/tmp", "metadata/models", "metadata/datasets", "logs", "info"];

    /// <summary>Whether a folder is the home of a repository.</summary>
    public static bool IsHome(string folder) => File.Exists(Path.Combine(folder, Head)) && File.Exists(Path.Combine(folder, Database)) && Directory.Exists(Path.Combine(folder, "objects"));
}
