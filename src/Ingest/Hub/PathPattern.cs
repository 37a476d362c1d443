using System.Text;
using System.Text.RegularExpressions;

namespace Temper.Ingest;

/// <summary>
/// A pattern of paths as dataset cards and <c>data_files</c> write it: <c>*</c> and <c>?</c> within a name, <c>**</c> across folders, <c>[ab]</c>, <c>{a,b}</c>. A pattern
/// without any of them is a path, or a folder with all below it.
/// </summary>
internal sealed class PathPattern
{
    private const int Longest = 1000;
    private readonly Regex _regex;

    public PathPattern(string text)
    {
        Text = text.StartsWith("./", StringComparison.Ordinal) ? text[2..] : text;
        var plain = Text.AsSpan().IndexOfAny("*?[{") < 0;
        // Linear in the path, whatever the pattern.
        _regex = new(@"\A" + (plain ? Regex.Escape(Text.TrimEnd('/')) + "(/.*)?" : Translate(Text.Length > Longest ? Text[..Longest] : Text)) + @"\z", RegexOptions.NonBacktracking | RegexOptions.Singleline);
    }

    /// <summary>As it was written.</summary>
    public string Text { get; }

    public bool Matches(string path) => _regex.IsMatch(path);

    private static string Translate(string pattern)
    {
        var regex = new StringBuilder();
        var braces = 0;
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*' when pattern.AsSpan(i).StartsWith("**/"):
                    regex.Append("(.*/)?");
                    i += 2;
                    break;
                case '*' when pattern.AsSpan(i).StartsWith("**"):
                    regex.Append(".*");
                    i++;
                    break;
                case '*':
                    regex.Append("[^/]*");
                    break;
                case '?':
                    regex.Append("[^/]");
                    break;
                case '[' when pattern.IndexOf(']', i + 1) is > 0 and var end && end > i + 1:
                    regex.Append('[').Append(Set(pattern[(i + 1)..end])).Append(']');
                    i = end;
                    break;
                case '{' when pattern.IndexOf('}', i) > 0:
                    regex.Append("(?:");
                    braces++;
                    break;
                case '}' when braces > 0:
                    regex.Append(')');
                    braces--;
                    break;
                case ',' when braces > 0:
                    regex.Append('|');
                    break;
                default:
                    regex.Append(Regex.Escape(pattern[i].ToString()));
                    break;
            }
        }
        return regex.Append(')', braces).ToString();
    }

    private static string Set(string inside)
    {
        var isNot = inside[0] is '!' or '^' && inside.Length > 1;
        var members = (isNot ? inside[1..] : inside).Replace(@"\", @"\\", StringComparison.Ordinal).Replace("[", @"\[", StringComparison.Ordinal).Replace("^", @"\^", StringComparison.Ordinal);
        return isNot ? "^/" + members : members;
    }
}
