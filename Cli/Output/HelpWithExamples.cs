using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Text.RegularExpressions;

namespace Temper.Cli.Output;

/// <summary>
/// Shows the first sentence of a description where commands are listed, and the rest of it (how it behaves, examples) at the end of the command's own
/// help. Arguments have one name in usage and table.
/// </summary>
internal sealed partial class HelpWithExamples(HelpAction inner) : SynchronousCommandLineAction
{
    private readonly Dictionary<Command, string> _rest = [];

    public static void Use(RootCommand root)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        option.Action = new HelpWithExamples((HelpAction)option.Action!);
    }

    public override int Invoke(ParseResult parseResult)
    {
        if (_rest.Count == 0)
            Take(parseResult.RootCommandResult.Command);
        var (shown, command) = (new StringWriter(), parseResult.CommandResult.Command);
        var output = parseResult.InvocationConfiguration.Output;
        parseResult.InvocationConfiguration.Output = shown;
        var result = inner.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output = output;
        var text = command.Arguments.Where(argument => argument.HelpName is not null).Aggregate(shown.ToString(), (help, argument) => help.Replace($"<{argument.Name}>", $"<{argument.HelpName}>", StringComparison.Ordinal));
        output.Write(text);
        if (_rest.TryGetValue(command, out var rest))
            output.WriteLine(rest + Environment.NewLine);
        return result;
    }

    private void Take(Command command)
    {
        var text = command.Description ?? "";
        var end = FirstSentence().Match(text) is { Success: true } stop ? stop.Index + 1 : text.Length;
        command.Description = text[..end].Replace('\n', ' ');
        if (text[end..].Trim() is { Length: > 0 } rest)
            _rest[command] = rest;
        foreach (var child in command.Subcommands)
            Take(child);
    }

    [GeneratedRegex(@"[.](?=\s)", RegexOptions.CultureInvariant)]
    private static partial Regex FirstSentence();
}
