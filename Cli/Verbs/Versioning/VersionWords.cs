using System.Text;
using Temper.Core.Errors;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>Command lines as git users write them: <c>-C DIR</c> before the verb, and verbs of their own from <c>alias.NAME</c>.</summary>
internal static class VersionWords
{
    private const int Deepest = 10;

    /// <summary>The words that the parser knows. A verb of ours is never replaced.</summary>
    /// <exception cref="TemperException">Code <c>usage</c>: an alias that never ends, or one that would start another program.</exception>
    public static string[] Expand(string[] words)
    {
        var folder = Environment.CurrentDirectory;
        if (words is ["-C", var named, var verb, ..])
        {
            folder = Path.GetFullPath(named);
            words = [verb, "--at", folder, .. words[3..]];
        }
        for (var depth = 0; words.Length > 0 && !words[0].StartsWith('-') && !CommandLine.Verbs.Contains(words[0]); depth++)
        {
            if (Find(folder, words[0]) is not { } alias)
                return words;
            if (alias.StartsWith('!'))
                throw new TemperException("usage", $"The alias '{words[0]}' would start another program; only verbs of temper may stand in one.");
            if (depth == Deepest)
                throw new TemperException("usage", $"The alias '{words[0]}' leads back to itself.");
            words = [.. Split(alias), .. words[1..]];
        }
        return words;
    }

    private static string? Find(string folder, string name)
    {
        if (!char.IsAsciiLetter(name[0]) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            return null;
        for (var at = folder; at is not null; at = Path.GetDirectoryName(at))
        {
            var config = Path.Combine(at, ".temper", "config");
            if (File.Exists(config))
                return RepositoryConfig.Load(config).Get("alias." + name) ?? UserConfig.Load()?.Get("alias." + name);
        }
        return UserConfig.Load()?.Get("alias." + name);
    }

    /// <summary>Words between blanks; quotes keep blanks, a backslash keeps the next sign.</summary>
    private static List<string> Split(string text)
    {
        var (words, word, quote, open) = (new List<string>(), new StringBuilder(), '\0', false);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quote == '\0' && c is (' ' or '\t'))
            {
                if (open)
                    words.Add(word.ToString());
                (word, open) = (word.Clear(), false);
                continue;
            }
            open = true;
            if (c == '\\' && quote != '\'' && i + 1 < text.Length)
                word.Append(text[++i]);
            else if (c is ('"' or '\'') && (quote == '\0' || quote == c))
                quote = quote == '\0' ? c : '\0';
            else
                word.Append(c);
        }
        if (open)
            words.Add(word.ToString());
        return words;
    }
}
