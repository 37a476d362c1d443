namespace Temper.Testing;

/// <summary>The folder that holds Cloud.sln.</summary>
public static class RepoRoot
{
    /// <summary>Full path.</summary>
    public static string Path { get; } = Find();

    /// <summary>A path below the root.</summary>
    public static string Of(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Cloud.sln")))
                return folder.FullName;
        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds Cloud.sln.");
    }
}
