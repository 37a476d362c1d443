using System.Text;
using Temper.Core.Errors;

namespace Temper.Versioning.Repositories;

/// <summary>Reads a configuration file as git does.</summary>
internal sealed class ConfigReader(string text, string file)
{
    private int _at;
    private int _line = 1;
    private string? _section;
    private string? _sub;

    /// <exception cref="TemperException">Code <c>settings_invalid</c>, with file and line.</exception>
    public List<ConfigLine> Read()
    {
        var lines = new List<ConfigLine>();
        while (_at < text.Length)
        {
            var start = _at;
            SkipBlank();
            if (_at < text.Length && text[_at] == '[')
            {
                ReadHeading();
                // A setting may follow on the heading's own line.
                lines.Add(new(text[start.._at], _section, _sub, null, null) { IsHeading = true });
                start = _at;
                SkipBlank();
                if (_at < text.Length && text[_at] is not ('\n' or '#' or ';' or '\r'))
                    lines.Add(ReadSetting(start));
                else if (RestOfLine(start) is { Length: > 0 } comment)
                    lines[^1] = lines[^1] with { Text = $"{lines[^1].Text} {comment}" };
            }
            else if (_at >= text.Length || text[_at] is '\n' or '#' or ';' or '\r')
            {
                SkipLine();
                lines.Add(new(text[start.._at].TrimEnd('\n', '\r'), _section, _sub, null, null));
            }
            else
            {
                lines.Add(ReadSetting(start));
            }
        }
        return lines;
    }

    private void ReadHeading()
    {
        var start = ++_at;
        while (_at < text.Length && (ConfigName.IsWord(text[_at]) || text[_at] == '.'))
            _at++;
        (_section, _sub) = (text[start.._at].ToLowerInvariant(), null);
        if (_section.Length == 0)
            throw Bad("a section has no name");
        SkipBlank();
        if (_at < text.Length && text[_at] == '"')
            _sub = ReadSub();
        else if (_section.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot)
            (_section, _sub) = (_section[..dot], _section[(dot + 1)..]);
        if (_at >= text.Length || text[_at++] != ']')
            throw Bad("a section's heading does not end in ]");
    }

    private string ReadSub()
    {
        var sub = new StringBuilder();
        for (_at++; _at < text.Length && text[_at] is not ('"' or '\n'); _at++)
            sub.Append(text[_at] == '\\' && _at + 1 < text.Length ? text[++_at] : text[_at]);
        if (_at >= text.Length || text[_at++] != '"')
            throw Bad("a subsection's quotes do not end");
        return sub.ToString();
    }

    private ConfigLine ReadSetting(int start)
    {
        var begin = _at;
        if (_section is null)
            throw Bad("a setting stands before the first section");
        while (_at < text.Length && ConfigName.IsWord(text[_at]))
            _at++;
        var key = text[begin.._at].ToLowerInvariant();
        if (key.Length == 0 || !char.IsAsciiLetter(key[0]))
            throw Bad("the name of a setting begins with a letter");
        SkipBlank();
        string? value = null;
        if (_at < text.Length && text[_at] == '=')
        {
            _at++;
            value = ReadValue();
        }
        else if (_at < text.Length && text[_at] is not ('\n' or '\r' or '#' or ';'))
        {
            throw Bad("a setting is not written as name = value");
        }
        else
        {
            SkipLine();
        }
        return new(text[start.._at].TrimEnd('\n', '\r'), _section, _sub, key, value);
    }

    private string ReadValue()
    {
        var value = new StringBuilder();
        var (quoted, kept) = (false, 0);
        SkipBlank();
        while (_at < text.Length)
        {
            var c = text[_at++];
            if (c == '\n')
            {
                _line++;
                if (quoted)
                    throw Bad("quotes do not end on their line");
                break;
            }
            if (c == '\r' && _at < text.Length && text[_at] == '\n')
                continue;
            if (!quoted && c is '#' or ';' && !quoted)
            {
                SkipLine();
                break;
            }
            if (c == '"')
                quoted = !quoted;
            else if (c == '\\')
                Escape(value);
            else
                value.Append(c);
            if (quoted || c is not (' ' or '\t'))
                kept = value.Length;
        }
        return quoted ? throw Bad("quotes do not end") : value.ToString(0, kept);
    }

    private void Escape(StringBuilder value)
    {
        var c = _at < text.Length ? text[_at++] : throw Bad("a backslash ends the file");
        if (c == '\r' && _at < text.Length && text[_at] == '\n')
            c = text[_at++];
        if (c == '\n')
        {
            _line++;
            return;
        }
        value.Append(c switch
        {
            'n' => '\n',
            't' => '\t',
            'b' => '\b',
            '"' or '\\' => c,
            _ => throw Bad($"\\{c} is no escape"),
        });
    }

    private void SkipBlank()
    {
        while (_at < text.Length && text[_at] is ' ' or '\t')
            _at++;
    }

    private string RestOfLine(int start)
    {
        SkipLine();
        return text[start.._at].Trim();
    }

    private void SkipLine()
    {
        var end = text.IndexOf('\n', _at);
        _at = end < 0 ? text.Length : end + 1;
        _line++;
    }

    private TemperException Bad(string why) => new([new Problem("settings_invalid", $"{file}:{_line}: {why}.") { File = file, Line = _line }]);
}
