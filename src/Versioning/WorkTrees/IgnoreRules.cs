using System.Text;
using Temper.Core.Errors;

namespace Temper.Versioning.WorkTrees;

/// <summary>The patterns that hold in one folder: its own, those of the folders above, and those of the repository. Nearer ones decide, later lines before earlier.</summary>
internal sealed class IgnoreRules
{
    /// <summary>Name of the files that hold patterns.</summary>
    public const string File = ".temperignore";

    private const int Largest = 16 << 20;
    private readonly IgnoreRules? _above;
    private readonly string _folder;
    private readonly List<IgnorePattern> _patterns;

    private IgnoreRules(IgnoreRules? above, string folder, List<IgnorePattern> patterns) => (_above, _folder, _patterns) = (above, folder, patterns);

    /// <summary>No patterns, and none in any folder below.</summary>
    public static IgnoreRules None { get; } = new(null, "", []);

    /// <summary>The rules in an ignored folder: nothing in it is taken back.</summary>
    public static IgnoreRules All { get; } = new(null, "", []);

    /// <summary>Rules of the whole tree from a file beside it, which need not be there.</summary>
    public static IgnoreRules Root(string file) => new(null, "", Read(file));

    /// <summary>The rules in a folder below, given the full path of its file of patterns; null where it has none.</summary>
    public IgnoreRules Below(string folder, string? file) => ReferenceEquals(this, None) || ReferenceEquals(this, All) || file is null || Read(file) is not { Count: > 0 } patterns ? this : new(this, folder, patterns);

    /// <summary>Whether a name is ignored. What is in an ignored folder is, too; the caller does not ask.</summary>
    /// <param name="path">Relative to the root of the work tree.</param>
    /// <param name="isFolder">Whether it is a folder.</param>
    public bool Ignores(string path, bool isFolder)
    {
        if (ReferenceEquals(this, All))
            return true;
        var name = path.AsSpan(path.LastIndexOf('/') + 1);
        for (var rules = this; rules is not null; rules = rules._above)
        {
            var below = rules._folder.Length == 0 ? path : path.AsSpan(rules._folder.Length + 1);
            for (var i = rules._patterns.Count - 1; i >= 0; i--)
                if (rules._patterns[i].Fits(below, name, isFolder))
                    return !rules._patterns[i].IsKept;
        }
        return false;
    }

    private static List<IgnorePattern> Read(string path)
    {
        var info = new FileInfo(path);
        if (!info.Exists || info.LinkTarget is not null)
            return [];
        if (info.Length > Largest)
            throw new TemperException("settings_invalid", $"{path} has {info.Length} bytes; patterns have at most {Largest}.");
        return [.. System.IO.File.ReadAllText(path, Encoding.UTF8).Split('\n').Select(IgnorePattern.Read).OfType<IgnorePattern>()];
    }
}
