using System.Text;
using Temper.Core.Errors;
using Temper.Core.Files;

namespace Temper.Versioning.Repositories;

/// <summary>
/// Settings in a file of git's form: sections and subsections in brackets, <c>name = value</c> below them, comments, quotes, several values of one
/// name. What is changed keeps the rest of the file as it was written. Not safe from two threads at once.
/// </summary>
public sealed class RepositoryConfig
{
    private const int Largest = 4 << 20;
    private readonly string _path;
    private List<ConfigLine> _lines;

    private RepositoryConfig(string path, List<ConfigLine> lines) => (_path, _lines) = (path, lines);

    /// <summary>The file.</summary>
    public string File => _path;

    /// <summary>All settings in the file's order; a key without a value is true.</summary>
    public IEnumerable<KeyValuePair<string, string>> All => _lines.Where(line => line.Key is not null)
        .Select(line => KeyValuePair.Create(new ConfigName(line.Section!, line.Sub, line.Key!).ToString(), line.Value ?? "true"));

    /// <summary>Reads a file; one that is not there has no settings.</summary>
    /// <exception cref="TemperException">Code <c>settings_invalid</c>, with file and line.</exception>
    public static RepositoryConfig Load(string path)
    {
        var info = new FileInfo(path);
        if (!info.Exists)
            return new(path, []);
        if (info.Length > Largest)
            throw new TemperException("settings_invalid", $"{path} has {info.Length} bytes; a configuration has at most {Largest}.");
        return new(path, new ConfigReader(System.IO.File.ReadAllText(path, Encoding.UTF8), path).Read());
    }

    /// <summary>The last value of <c>section.key</c> or <c>section.subsection.key</c>; null when there is none.</summary>
    /// <exception cref="TemperException">Code <c>settings_invalid</c>: the text names no setting.</exception>
    public string? Get(string name) => GetAll(name) is [.., var last] ? last : null;

    /// <summary>All values of a name, in the file's order.</summary>
    /// <exception cref="TemperException">Code <c>settings_invalid</c>: the text names no setting.</exception>
    public IReadOnlyList<string> GetAll(string name)
    {
        var wanted = ConfigName.Parse(name);
        return [.. _lines.Where(line => Is(line, wanted)).Select(line => line.Value ?? "true")];
    }

    /// <summary>A value as git reads yes and no; <paramref name="otherwise"/> when there is none.</summary>
    /// <exception cref="TemperException">Code <c>settings_invalid</c>.</exception>
    public bool GetBool(string name, bool otherwise) => Get(name)?.ToLowerInvariant() switch
    {
        null => otherwise,
        "true" or "yes" or "on" or "1" => true,
        "false" or "no" or "off" or "0" or "" => false,
        var other => throw new TemperException("settings_invalid", $"{name} is '{other}'; it is either true or false."),
    };

    /// <summary>Subsections of a section, in order, such as the names of remotes.</summary>
    public IReadOnlyList<string> Subsections(string section) =>
        [.. _lines.Where(line => line.Section == section && line.Sub is not null).Select(line => line.Sub!).Distinct(StringComparer.Ordinal)];

    /// <summary>Gives a name one value in place of all it had. <see cref="Save"/> writes it.</summary>
    /// <exception cref="TemperException">Code <c>settings_invalid</c>: the text names no setting.</exception>
    public void Set(string name, string value)
    {
        var wanted = ConfigName.Parse(name);
        if (_lines.FindLastIndex(line => Is(line, wanted)) is >= 0 and var last)
        {
            _lines[last] = ConfigLine.Of(wanted, value);
            _lines = [.. _lines.Where((line, i) => i == last || !Is(line, wanted))];
        }
        else
        {
            Add(name, value);
        }
    }

    /// <summary>Gives a name one more value.</summary>
    /// <exception cref="TemperException">Code <c>settings_invalid</c>: the text names no setting.</exception>
    public void Add(string name, string value)
    {
        var wanted = ConfigName.Parse(name);
        var after = _lines.FindLastIndex(line => line.Section is { } section && wanted.IsIn(section, line.Sub) && (line.IsHeading || line.Key is not null));
        if (after < 0)
            _lines.AddRange([ConfigLine.Heading(wanted.Section, wanted.Sub), ConfigLine.Of(wanted, value)]);
        else
            _lines.Insert(after + 1, ConfigLine.Of(wanted, value));
    }

    /// <summary>Removes all values of a name; whether there were any.</summary>
    /// <exception cref="TemperException">Code <c>settings_invalid</c>: the text names no setting.</exception>
    public bool Unset(string name)
    {
        var wanted = ConfigName.Parse(name);
        var removed = _lines.RemoveAll(line => Is(line, wanted)) > 0;
        if (removed && !_lines.Exists(line => line.Section is { } section && wanted.IsIn(section, line.Sub) && !line.IsHeading))
            RemoveSection(wanted.Section, wanted.Sub);
        return removed;
    }

    /// <summary>Removes a section with all its settings; whether there was one.</summary>
    public bool RemoveSection(string section, string? subsection) =>
        _lines.RemoveAll(line => line.Section == section && string.Equals(line.Sub, subsection, StringComparison.Ordinal)) > 0;

    /// <summary>Replaces the file.</summary>
    public void Save() => DurableFile.Write(_path, Encoding.UTF8.GetBytes(string.Concat(_lines.Select(line => line.Text + "\n"))));

    private static bool Is(ConfigLine line, ConfigName name) => line.Key == name.Key && line.Section is { } section && name.IsIn(section, line.Sub);
}
