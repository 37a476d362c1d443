using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Temper.Core.Ids;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>Commits as git's <c>log</c> shows them: its named forms, and formats with <c>%H</c> and others.</summary>
/// <param name="decorations">Names of references by the commits they lead to.</param>
/// <param name="dates">How dates are written.</param>
internal sealed partial class CommitFormat(IReadOnlyDictionary<Digest, string> decorations, string dates = "default")
{
    /// <summary>The forms that have names.</summary>
    public static IReadOnlySet<string> Names { get; } = new HashSet<string> { "oneline", "short", "medium", "full", "fuller", "raw" };

    /// <summary>A commit in a named form, a line feed at its end.</summary>
    public string Named(string form, Digest id, Commit commit, bool isDecorated)
    {
        var names = isDecorated && decorations.TryGetValue(id, out var known) ? $" ({known})" : "";
        if (form == "oneline")
            return $"{id.Short}{names} {CommitWriter.Subject(commit.Message)}\n";
        var text = new StringBuilder($"commit {id.Hex}{names}\n");
        if (form == "raw")
            text.Append(Encoding.UTF8.GetString(CommitCodec.Encode(commit)).Split("\n\n")[0]).Append('\n');
        else
            AddHeaders(text, form, commit);
        var message = form == "short" ? CommitWriter.Subject(commit.Message) : commit.Message.Trim('\n');
        text.Append('\n');
        foreach (var line in message.Length == 0 ? [] : message.Split('\n'))
            text.Append("    ").Append(line).Append('\n');
        return text.ToString();
    }

    /// <summary>A commit in a format of its own, without a line feed at its end.</summary>
    public string Custom(string format, Digest id, Commit commit) => Field().Replace(format, match => Value(match.Value, id, commit) ?? match.Value);

    private void AddHeaders(StringBuilder text, string form, Commit commit)
    {
        if (commit.Parents.Count > 1)
            text.Append("Merge: ").AppendJoin(' ', commit.Parents.Select(p => p.Short)).Append('\n');
        var wide = form == "fuller" ? "    " : "";
        text.Append(CultureInfo.InvariantCulture, $"Author: {wide}{Who(commit.Author)}\n");
        if (form == "medium")
            text.Append(CultureInfo.InvariantCulture, $"Date:   {SignatureDate.Of(commit.Author, dates)}\n");
        if (form == "fuller")
            text.Append(CultureInfo.InvariantCulture, $"AuthorDate: {SignatureDate.Of(commit.Author, dates)}\n");
        if (form is "full" or "fuller")
            text.Append(CultureInfo.InvariantCulture, $"Commit: {wide}{Who(commit.Committer)}\n");
        if (form == "fuller")
            text.Append(CultureInfo.InvariantCulture, $"CommitDate: {SignatureDate.Of(commit.Committer, dates)}\n");
    }

    private string? Value(string field, Digest id, Commit commit) => field switch
    {
        "%%" => "%",
        "%n" => "\n",
        "%H" => id.Hex,
        "%h" => id.Short,
        "%T" => commit.Tree.Hex,
        "%t" => commit.Tree.Short,
        "%P" => string.Join(' ', commit.Parents.Select(p => p.Hex)),
        "%p" => string.Join(' ', commit.Parents.Select(p => p.Short)),
        "%s" => CommitWriter.Subject(commit.Message),
        "%b" => Body(commit.Message),
        "%B" => commit.Message,
        "%D" => decorations.GetValueOrDefault(id, ""),
        "%d" => decorations.TryGetValue(id, out var names) ? $" ({names})" : "",
        "%e" or "%N" => "",
        _ when field.StartsWith("%x", StringComparison.Ordinal) => ((char)Convert.ToByte(field[2..], 16)).ToString(),
        _ when field.StartsWith("%C", StringComparison.Ordinal) => "",
        _ => OfPerson(field[1] == 'a' ? commit.Author : commit.Committer, field[2]),
    };

    private string? OfPerson(Signature who, char what) => what switch
    {
        'n' or 'N' => who.Name,
        'e' or 'E' => who.Mail,
        'l' or 'L' => who.Mail.Split('@')[0],
        'd' => SignatureDate.Of(who, dates),
        'D' => SignatureDate.Of(who, "rfc"),
        't' => SignatureDate.Of(who, "unix"),
        'i' => SignatureDate.Of(who, "iso"),
        'I' => SignatureDate.Of(who, "iso-strict"),
        's' => SignatureDate.Of(who, "short"),
        _ => null,
    };

    /// <summary>What follows the first paragraph.</summary>
    private static string Body(string message)
    {
        var text = message.TrimStart('\n');
        var end = text.IndexOf("\n\n", StringComparison.Ordinal);
        return end < 0 ? "" : text[end..].TrimStart('\n');
    }

    private static string Who(Signature who) => $"{who.Name} <{who.Mail}>";

    [GeneratedRegex(@"%(?:[%nHhTtPpsbBDdeN]|[ac][nNeElLdDtiIs]|x[0-9a-fA-F]{2}|C\([^)]*\)|C(?:red|green|blue|reset))", RegexOptions.CultureInvariant)]
    private static partial Regex Field();
}
