using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Temper.Registry;

namespace Temper.Cli.Output;

/// <summary>What is wrong with a command line, in the words of its help instead of the parser's.</summary>
internal static partial class UsageErrors
{
    /// <summary>One sentence a mistake.</summary>
    public static IReadOnlyList<string> Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var missing = command.Arguments.Where(argument => argument.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(argument) is null or { Tokens.Count: 0 } && !argument.HasDefaultValue).ToList();
        var unknown = parsed.UnmatchedTokens;
        var others = parsed.Errors.Select(error => error.Message).Where(message => !IsSaidOtherwise(message, missing.Count > 0, unknown.Count > 0));
        return [.. unknown.Select(token => Unknown(command, token)), .. missing.Select(Missing), .. others.Select(message => Typed(command, message)).Distinct()];
    }

    private static bool IsSaidOtherwise(string message, bool missing, bool unknown) =>
        (missing && message.StartsWith("Required argument", StringComparison.Ordinal)) || (unknown && (message.StartsWith("Unrecognized", StringComparison.Ordinal) || message.StartsWith("Required command", StringComparison.Ordinal)));

    private static string Missing(Argument argument) => $"{argument.HelpName ?? argument.Name} is missing: {argument.Description}.";

    private static string Unknown(Command command, string token)
    {
        var option = token.StartsWith('-');
        var known = option ? command.Options.Concat(GlobalOptions.All).Where(o => !o.Hidden).Select(o => o.Name) : command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name);
        var kind = option ? "option" : command.Subcommands.Count > 0 ? "verb" : "further argument";
        var near = Nearest.To(token, known);
        return $"There is no {kind} '{token}'{(near is null ? "" : $"; did you mean `{near}`?")}{(near is null ? "." : "")}";
    }

    /// <summary>A value of another type is told by what is expected, not by the type's name in this program.</summary>
    private static string Typed(Command command, string message)
    {
        if (message.StartsWith("Required command", StringComparison.Ordinal))
            return $"{command.Name} needs one of {string.Join(", ", command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name))}.";
        if (WrongType().Match(message) is not { Success: true } match)
            return message;
        var (value, name, type) = (match.Groups["value"].Value, match.Groups["name"].Value, match.Groups["type"].Value);
        var words = command.Options.Concat(GlobalOptions.All).FirstOrDefault(option => option.Name == name)?.ValueType is { IsEnum: true } choices
            ? $"one of {string.Join(", ", Enum.GetNames(choices).Select(word => word.ToLowerInvariant()))}"
            : type.Contains("Int", StringComparison.Ordinal) ? "a whole number"
            : type.Contains("Double", StringComparison.Ordinal) || type.Contains("Single", StringComparison.Ordinal) ? "a number"
            : type.Contains("Boolean", StringComparison.Ordinal) ? "true or false" : "another value";
        return $"{name} takes {words}, not '{value}'.";
    }

    [GeneratedRegex(@"^Cannot parse argument '(?<value>.*)' for (option|command|argument) '(?<name>[^']*)' as expected type '(?<type>[^']*)'", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex WrongType();
}
