using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Temper.Cli.Output;

/// <summary>
/// Shows the first line of a description where commands are listed, and the rest of it (how it behaves, examples) at the end of the command's own help.
/// </summary>
internal sealed class HelpWithExamples(HelpAction inner) : SynchronousCommandLineAction
{
    private readonly Dictionary<Command, string> _rest = [];

    public static void Use(RootCommand root)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        var help = new HelpWithExamples((HelpAction)option.Action!);
        help.Take(root);
        option.Action = help;
    }

    public override int Invoke(ParseResult parseResult)
    {
        var result = inner.Invoke(parseResult);
        if (_rest.TryGetValue(parseResult.CommandResult.Command, out var rest))
            parseResult.InvocationConfiguration.Output.WriteLine(rest + Environment.NewLine);
        return result;
    }

    private void Take(Command command)
    {
        var parts = (command.Description ?? "").Split('\n', 2);
        command.Description = parts[0].TrimEnd();
        if (parts.Length == 2)
            _rest[command] = parts[1].TrimEnd();
        foreach (var child in command.Subcommands)
            Take(child);
    }
}
