using System.Buffers;
using System.Globalization;
using Temper.Core.Errors;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Temper.Versioning.Pointers;

/// <summary>One output that a <c>.dvc</c> or <c>dvc.lock</c> file names.</summary>
/// <param name="Path">As written, relative to the file (or to its <c>wdir</c>), with <c>/</c>.</param>
/// <param name="Md5">32 hex digits; a folder's ends in <c>.dir</c>.</param>
/// <param name="Size">Bytes, where they are said.</param>
internal sealed record DvcOut(string Path, string Md5, long? Size)
{
    private const int Largest = 64 << 20;
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    public bool IsFolder => Md5.EndsWith(".dir", StringComparison.Ordinal);

    /// <summary>The outputs of a file (https://dvc.org/doc/user-guide/project-structure/dvc-files and …/dvcyaml-files#dvclock-file).</summary>
    /// <exception cref="TemperException">Code <c>import_pointer_invalid</c>.</exception>
    public static List<DvcOut> Read(string file)
    {
        var root = Root(file);
        var outs = new List<DvcOut>();
        var wdir = Text(root, "wdir") is { } folder and not "." ? folder.TrimEnd('/') + "/" : "";
        Add(outs, root, wdir, file);
        if (root.Children.TryGetValue("stages", out var stages) && stages is YamlMappingNode map)
            foreach (var (_, stage) in map)
                if (stage is YamlMappingNode one)
                    Add(outs, one, "", file);
        return outs;
    }

    private static YamlMappingNode Root(string file)
    {
        if (new FileInfo(file).Length > Largest)
            throw Bad(file, $"it has more than {Largest >> 20} MiB");
        try
        {
            using var reader = new StreamReader(file);
            var yaml = new YamlStream();
            yaml.Load(reader);
            return yaml.Documents is [var document, ..] && document.RootNode is YamlMappingNode root ? root : throw Bad(file, "it holds no keys");
        }
        catch (YamlException error)
        {
            throw Bad(file, $"line {error.Start.Line}: {error.Message}");
        }
    }

    private static void Add(List<DvcOut> outs, YamlMappingNode node, string before, string file)
    {
        if (!node.Children.TryGetValue("outs", out var list) || list is not YamlSequenceNode items)
            return;
        foreach (var item in items)
        {
            if (item is not YamlMappingNode one || Text(one, "path") is not { Length: > 0 } path)
                throw Bad(file, "an output has no path");
            // Outputs that DVC does not cache have no hash and lie in git.
            if (Text(one, "md5") is not { } md5)
                continue;
            if (!IsMd5(md5))
                throw Bad(file, $"'{md5}' is not an MD5 digest");
            outs.Add(new(before + path, md5, long.TryParse(Text(one, "size"), NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : null));
        }
    }

    /// <summary>32 lower-case hex digits, perhaps followed by <c>.dir</c>.</summary>
    public static bool IsMd5(string text) => text.Length is 32 or 36 && text.AsSpan(0, 32).IndexOfAnyExcept(HexDigits) < 0 && (text.Length == 32 || text.EndsWith(".dir", StringComparison.Ordinal));

    private static string? Text(YamlMappingNode node, string key) => node.Children.TryGetValue(key, out var value) ? (value as YamlScalarNode)?.Value : null;

    private static TemperException Bad(string file, string why) => new([new Problem("import_pointer_invalid", $"{file} cannot be read: {why}.") { File = file }]);
}
