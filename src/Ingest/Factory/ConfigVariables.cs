using System.Text;
using System.Text.RegularExpressions;

namespace Temper.Ingest;

/// <summary>
/// Puts the values of variables into the texts of a dataset, once: what a value holds is not looked at again. A variable is <c>{name}</c> or
/// <c>{env:NAME}</c>; other braces stay, <c>{{</c> and <c>}}</c> are braces.
/// </summary>
internal sealed partial class ConfigVariables(ConfigLog log, IReadOnlyDictionary<string, string> values, IReadOnlyDictionary<string, string> environment)
{
    /// <summary>The mapping with all texts substituted, but for schemas, whose braces are their own.</summary>
    public ConfigNode.Map Apply(ConfigNode.Map map, string? id) =>
        map with { Members = [.. map.Members.Select(m => KeyValuePair.Create(m.Key, m.Key == "schema" ? m.Value : Node(m.Value, m.Key == "id" ? null : id)))] };

    private ConfigNode Node(ConfigNode node, string? id) => node switch
    {
        ConfigNode.Map map => Apply(map, id),
        ConfigNode.Sequence list => list with { Items = [.. list.Items.Select(i => Node(i, id))] },
        ConfigNode.Scalar { Value: string text } scalar when text.Contains('{', StringComparison.Ordinal) => scalar with { Value = Text(text, scalar, id) },
        _ => node,
    };

    private string Text(string text, ConfigNode at, string? id)
    {
        var result = new StringBuilder();
        var end = 0;
        foreach (var match in Places().EnumerateMatches(text))
        {
            result.Append(text, end, match.Index - end);
            end = match.Index + match.Length;
            var found = text.AsSpan(match.Index, match.Length);
            if (found is "{{" or "}}")
                result.Append(found[0]);
            else
                result.Append(Value(found[1..^1].ToString(), at, id));
        }
        return result.Append(text, end, text.Length - end).ToString();
    }

    private string Value(string name, ConfigNode at, string? id)
    {
        if (name.StartsWith("env:", StringComparison.Ordinal))
        {
            if (environment.TryGetValue(name[4..], out var set))
                return set;
            log.Add("CFG_VAR_UNKNOWN", at, $"the environment variable '{name[4..]}' may not be read or is not set.", "The host lists the names that may be read: --allow-env NAME.");
            return $"{{{name}}}";
        }
        if (name == "id" && id is not null)
            return id;
        if (values.TryGetValue(name, out var value))
            return value;
        log.Add("CFG_VAR_UNKNOWN", at, $"the variable '{{{name}}}' has no value.", $"{Nearest.Hint(name, [.. values.Keys, .. id is null ? [] : (string[])["id"]])} Write {{{{ for a brace.");
        return $"{{{name}}}";
    }

    [GeneratedRegex(@"\{\{|\}\}|\{(env:)?[A-Za-z_][A-Za-z0-9_]*\}", RegexOptions.NonBacktracking)]
    private static partial Regex Places();
}
