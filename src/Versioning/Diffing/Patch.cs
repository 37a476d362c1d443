using System.Globalization;
using System.Text;
using Temper.Core.Errors;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Diffing;

/// <summary>
/// Differences as patches in git's unified format, which <c>git apply</c> and <c>patch</c> read. A text is UTF-8 without NUL of at most 32 MiB; other
/// files are only told to differ.
/// </summary>
/// <param name="quote">How a path is written where it holds characters that a reader would trip over.</param>
/// <param name="context">Unchanged lines around a change, 0 and more; 3 by default.</param>
public sealed class Patch(Func<string, string> quote, int context = 3)
{
    private const int LongestHeading = 80;

    private readonly StringBuilder _text = new();

    /// <summary>The patch of one file; a file that became a link or the other way round is deleted and added.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public async Task<string> WriteAsync(FileDifference difference, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(difference);
        _text.Clear();
        if (difference.IsUnmerged)
            _text.Append("* Unmerged path ").Append(difference.Path).Append('\n');
        else if (difference.Status == 'T')
        {
            await OneAsync(difference with { New = null }, ct);
            await OneAsync(difference with { Old = null }, ct);
        }
        else
            await OneAsync(difference, ct);
        return _text.ToString();
    }

    private async Task OneAsync(FileDifference difference, CancellationToken ct)
    {
        var (old, now) = (difference.Old, difference.New);
        var (oldName, newName) = (quote("a/" + difference.Path), quote("b/" + difference.Path));
        _text.Append(CultureInfo.InvariantCulture, $"diff --git {oldName} {newName}\n");
        if (old is null)
            _text.Append(CultureInfo.InvariantCulture, $"new file mode {Octal(now!.Mode)}\n");
        else if (now is null)
            _text.Append(CultureInfo.InvariantCulture, $"deleted file mode {Octal(old.Mode)}\n");
        else if (old.Mode != now.Mode)
            _text.Append(CultureInfo.InvariantCulture, $"old mode {Octal(old.Mode)}\nnew mode {Octal(now.Mode)}\n");
        if (old?.Id == now?.Id)
            return;
        var mode = old is not null && now is not null && old.Mode == now.Mode ? " " + Octal(old.Mode) : "";
        _text.Append(CultureInfo.InvariantCulture, $"index {Short(old)}..{Short(now)}{mode}\n");
        var (from, to) = (old is null ? "/dev/null" : oldName, now is null ? "/dev/null" : newName);
        if (await LineComparison.OfAsync(old, now, ct) is not { } lines)
        {
            _text.Append(CultureInfo.InvariantCulture, $"Binary files {from} and {to} differ\n");
            return;
        }
        if (lines.Changes.Count == 0)
            return;
        // A name with a space ends in a tab, so that readers know where it ends.
        _text.Append(CultureInfo.InvariantCulture, $"--- {Ended(from)}\n+++ {Ended(to)}\n");
        Hunks(lines);
    }

    private static string Ended(string name) => name.Contains(' ', StringComparison.Ordinal) && name[0] != '"' ? name + "\t" : name;

    private static string Octal(EntryMode mode) => Convert.ToString((int)mode, 8);

    private static string Short(FileVersion? version) => version?.Id.Short ?? "000000000000";

    private void Hunks(LineComparison lines)
    {
        var (heading, searched) = ("", -1);
        for (var first = 0; first < lines.Changes.Count;)
        {
            var last = first;
            while (last + 1 < lines.Changes.Count && lines.Changes[last + 1].OldStart - lines.Changes[last].OldEnd <= 2 * context)
                last++;
            var start = Math.Min(context, lines.Changes[first].OldStart);
            var (oldStart, newStart) = (lines.Changes[first].OldStart - start, lines.Changes[first].NewStart - start);
            var after = Math.Min(context, lines.Old.Count - lines.Changes[last].OldEnd);
            heading = Heading(lines.Old, oldStart - 1, searched) ?? heading;
            searched = oldStart - 1;
            var ranges = $"-{Range(oldStart, lines.Changes[last].OldEnd + after - oldStart)} +{Range(newStart, lines.Changes[last].NewEnd + after - newStart)}";
            _text.Append(CultureInfo.InvariantCulture, $"@@ {ranges} @@{(heading.Length > 0 ? " " + heading : "")}\n");
            Hunk(lines, lines.Changes[first..(last + 1)], oldStart, after);
            first = last + 1;
        }
    }

    private void Hunk(LineComparison lines, List<LineChange> changes, int at, int after)
    {
        foreach (var change in changes)
        {
            Lines(' ', lines.Old, at, change.OldStart - at);
            Lines('-', lines.Old, change.OldStart, change.OldCount);
            Lines('+', lines.New, change.NewStart, change.NewCount);
            at = change.OldEnd;
        }
        Lines(' ', lines.Old, at, after);
    }

    private void Lines(char sign, TextLines lines, int first, int count)
    {
        for (var i = first; i < first + count; i++)
        {
            _text.Append(sign).Append(Encoding.UTF8.GetString(lines.Line(i)));
            if (!lines.EndsInLineBreak(i))
                _text.Append("\n\\ No newline at end of file\n");
        }
    }

    /// <summary>The nearest line above a hunk that begins with a letter: what the change is in. Not further up than was looked before.</summary>
    private static string? Heading(TextLines lines, int from, int searched)
    {
        for (var i = from; i > searched; i--)
        {
            var line = lines.Line(i);
            if (!char.IsAsciiLetter((char)line[0]) && line[0] is not ((byte)'_' or (byte)'$'))
                continue;
            return Encoding.UTF8.GetString(line[..Math.Min(line.Length, LongestHeading)]).TrimEnd('\uFFFD').TrimEnd();
        }
        return null;
    }

    private static string Range(int start, int count) => count == 1
        ? (start + 1).ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{(count == 0 ? start : start + 1)},{count}");
}
