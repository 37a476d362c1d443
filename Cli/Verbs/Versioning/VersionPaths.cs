using System.Globalization;
using System.Text;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>Paths between the command line and the repository.</summary>
internal static class VersionPaths
{
    /// <summary>A path or pattern as given, from the root of the work tree.</summary>
    public static string FromRoot(string text, string prefix, string root, string folder)
    {
        foreach (var sign in (string[])[":(exclude)", ":!", ":^"])
            if (text.StartsWith(sign, StringComparison.Ordinal))
                return sign + FromRoot(text[sign.Length..], prefix, root, folder);
        if (text.StartsWith(":/", StringComparison.Ordinal))
            return text[2..].Length == 0 ? "." : text[2..];
        if (text.Length == 0)
            throw new VersionExit(VersionVerb.Fatal, "path_invalid", "An empty text is not a path.", "Write . for everything here.");
        if (Path.IsPathRooted(text))
            text = Path.GetRelativePath(folder, text).Replace('\\', '/') is var relative && text.EndsWith('/') ? relative + "/" : relative;
        var parts = new List<string>(prefix.Split('/', StringSplitOptions.RemoveEmptyEntries));
        foreach (var part in text.Split('/'))
        {
            if (part is "" or ".")
                continue;
            if (part != "..")
                parts.Add(part);
            else if (parts.Count > 0)
                parts.RemoveAt(parts.Count - 1);
            else
                throw new VersionExit(VersionVerb.Fatal, "path_invalid", $"'{text}' is outside the repository at {root}.");
        }
        return parts.Count == 0 ? "." : string.Join('/', parts);
    }

    /// <summary>A path of the repository from the folder that a verb was started in.</summary>
    public static string FromFolder(string path, string prefix)
    {
        if (prefix.Length == 0)
            return path;
        if (path.StartsWith(prefix, StringComparison.Ordinal))
            return path.Length == prefix.Length ? "./" : path[prefix.Length..];
        var (above, shared) = (prefix.Split('/', StringSplitOptions.RemoveEmptyEntries), 0);
        var parts = path.Split('/');
        while (shared < above.Length && shared < parts.Length - 1 && above[shared] == parts[shared])
            shared++;
        return string.Concat(Enumerable.Repeat("../", above.Length - shared)) + string.Join('/', parts.Skip(shared));
    }

    /// <summary>A path as git prints it: in quotes with escapes where it holds quotes, backslashes, control characters or letters beyond ASCII.</summary>
    /// <param name="path">As it is.</param>
    /// <param name="spaces">Whether spaces are a reason for quotes.</param>
    /// <param name="beyondAscii">Whether letters beyond ASCII are (<c>core.quotepath</c>).</param>
    public static string Quoted(string path, bool spaces, bool beyondAscii)
    {
        if (!path.Any(c => c < ' ' || c is '"' or '\\' or '\x7f' || (beyondAscii && c > '\x7f')))
            return spaces && path.Contains(' ', StringComparison.Ordinal) ? $"\"{path}\"" : path;
        var text = new StringBuilder("\"");
        foreach (var b in Encoding.UTF8.GetBytes(path))
        {
            text.Append(b switch
            {
                (byte)'"' => "\\\"",
                (byte)'\\' => "\\\\",
                7 => "\\a",
                8 => "\\b",
                9 => "\\t",
                10 => "\\n",
                11 => "\\v",
                12 => "\\f",
                13 => "\\r",
                < 32 or 127 => Octal(b),
                > 127 => Octal(b),
                _ => ((char)b).ToString(),
            });
        }
        return text.Append('"').ToString();
    }

    private static string Octal(byte b) => "\\" + Convert.ToString(b, 8).PadLeft(3, '0').ToString(CultureInfo.InvariantCulture);
}
