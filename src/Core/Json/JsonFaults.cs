using System.Text.Json;
using System.Text.RegularExpressions;

namespace Temper.Core.Json;

/// <summary>What is wrong with JSON that people wrote, in their words instead of the reader's.</summary>
public static partial class JsonFaults
{
    /// <summary>Half a sentence, without a full stop.</summary>
    /// <param name="fault">What the reader said.</param>
    /// <param name="keys">What may stand at the outermost level.</param>
    public static string Of(Exception fault, string keys)
    {
        var (text, path) = (fault.Message, (fault as JsonException)?.Path?.TrimStart('$', '.') ?? "");
        if (fault is NotSupportedException)
            return "an entry has no `type` at its beginning";
        if (Kind().Match(text) is { Success: true } kind)
            return $"there is no type '{kind.Groups[1].Value}'";
        if (Unknown().Match(text) is { Success: true } unknown)
            return $"unknown key '{unknown.Groups[1].Value}'{(path.Contains('.', StringComparison.Ordinal) ? $" in {path[..path.LastIndexOf('.')]}" : $"; there are {keys}")}";
        if (Missing().Match(text) is { Success: true } missing)
            return $"it lacks {string.Join(", ", Quoted().Matches(missing.Groups[1].Value).Select(name => name.Groups[1].Value))}";
        if (Twice().Match(text) is { Success: true } twice)
            return $"the key '{twice.Groups[1].Value}' is there twice";
        if (text.Contains("could not be converted to", StringComparison.Ordinal))
            return path.Length == 0 ? "the value is of another type than is expected" : $"the value of '{path}' is of another type than is expected";
        return Position().Replace(text, "").TrimEnd('.', ' ');
    }

    [GeneratedRegex("^The JSON property '([^']*)' could not be mapped", RegexOptions.CultureInvariant)]
    private static partial Regex Unknown();

    [GeneratedRegex("unrecognized type discriminator id '([^']*)'", RegexOptions.CultureInvariant)]
    private static partial Regex Kind();

    [GeneratedRegex("missing required properties including: (.*)$", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Missing();

    [GeneratedRegex("^Duplicate property '([^']*)'", RegexOptions.CultureInvariant)]
    private static partial Regex Twice();

    [GeneratedRegex("'([^']+)'", RegexOptions.CultureInvariant)]
    private static partial Regex Quoted();

    [GeneratedRegex(@" (Path: .*|LineNumber: .*)$", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Position();
}
