namespace Temper.Versioning.WorkTrees;

/// <summary>One line of a <c>.temperignore</c>, under the rules of <c>.gitignore</c>.</summary>
internal sealed class IgnorePattern
{
    private readonly string _text;
    private readonly bool _foldersOnly, _whole, _isLiteral;
    private readonly string? _ending;

    private IgnorePattern(string text, bool keeps, bool foldersOnly)
    {
        (IsKept, _foldersOnly) = (keeps, foldersOnly);
        // A slash anywhere but at the end ties the pattern to the folder of its file.
        _whole = text.Contains('/', StringComparison.Ordinal);
        _text = text.StartsWith('/') ? text[1..] : text;
        _isLiteral = _text.IndexOfAny(['*', '?', '[', '\\']) < 0;
        _ending = !_whole && _text.StartsWith('*') && _text.AsSpan(1).IndexOfAny("*?[\\") < 0 ? _text[1..] : null;
    }

    /// <summary>Whether what fits is taken back from what other patterns ignore.</summary>
    public bool IsKept { get; }

    /// <summary>The pattern of a line; null for an empty line or a comment.</summary>
    public static IgnorePattern? Read(string line)
    {
        var text = WithoutBlanks(line.TrimEnd('\r'));
        if (text.Length == 0 || text[0] == '#')
            return null;
        var keeps = text[0] == '!';
        if (keeps)
            text = text[1..];
        var folders = text.EndsWith('/');
        if (folders)
            text = text[..^1];
        return text.Length == 0 ? null : new(text, keeps, folders);
    }

    /// <summary>Whether a name fits.</summary>
    /// <param name="path">Relative to the folder of the file that has the pattern.</param>
    /// <param name="name">The last part of it.</param>
    /// <param name="isFolder">Whether it is a folder.</param>
    public bool Fits(ReadOnlySpan<char> path, ReadOnlySpan<char> name, bool isFolder)
    {
        if (_foldersOnly && !isFolder)
            return false;
        if (_ending is not null)
            return name.EndsWith(_ending, StringComparison.Ordinal);
        var text = _whole ? path : name;
        return _isLiteral ? text.SequenceEqual(_text) : Wildmatch.Matches(_text, text);
    }

    // Blanks at the end do not count unless a backslash keeps them.
    private static string WithoutBlanks(string line)
    {
        var end = line.Length;
        while (end > 0 && line[end - 1] == ' ')
        {
            var slashes = 0;
            while (end - 2 - slashes >= 0 && line[end - 2 - slashes] == '\\')
                slashes++;
            if (slashes % 2 == 1)
                break;
            end--;
        }
        return line[..end];
    }
}
