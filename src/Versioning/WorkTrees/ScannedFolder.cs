namespace Temper.Versioning.WorkTrees;

/// <summary>A folder that is open for reading its names and their facts. Links are never followed.</summary>
internal abstract class ScannedFolder : IDisposable
{
    /// <summary>Its names but <c>.</c> and <c>..</c>, in no order.</summary>
    public List<(string Name, NameKind Kind)> Names { get; } = [];

    /// <summary>The folder at a full path; null where there is none, or something else.</summary>
    public static ScannedFolder? Open(string path) => OperatingSystem.IsLinux() ? LinuxFolder.OpenAt(path) : PortableFolder.OpenAt(path);

    /// <summary>Facts of one name; null when it is not there.</summary>
    public abstract FileFacts? Stat(string name);

    /// <summary>Facts of a full path; null when nothing is there.</summary>
    public static FileFacts? StatPath(string path) => OperatingSystem.IsLinux() ? LinuxFolder.Stat(-100, path) : PortableFolder.StatAt(path);

    /// <inheritdoc/>
    public abstract void Dispose();
}
