using System.CommandLine;
using System.Text.RegularExpressions;
using Temper.Cli.Hosting;
using Temper.Core.Errors;

namespace Temper.Cli.Verbs.Data;

internal static partial class DataSecretVerb
{
    public static Command Build()
    {
        var name = new Argument<string?>("name") { Description = "Name that {secretRef: NAME} uses; without one, all names are listed", Arity = ArgumentArity.ZeroOrOne, HelpName = "NAME" };
        var command = new Command("secret", """
            Keep a secret for datasets: it is read from standard input and never shown.
            It lies in the home, readable by its owner alone. TEMPER_SECRET_NAME in the environment serves as well.

            Examples:
              cat key.txt | temper data secret bucket-key
              temper data secret
            """) { name };
        command.SetAction(parsed => Run(parsed, parsed.GetValue(name)));
        return command;
    }

    private static int Run(ParseResult parsed, string? name)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        var store = new LocalSecrets(GlobalOptions.Home(parsed).Path);
        if (name is null)
        {
            terminal.Document(store.Names);
            if (!store.Names.Any())
                terminal.Line("no secrets yet; `temper data secret NAME < FILE` keeps one");
            foreach (var known in store.Names)
                terminal.Line(known);
            return 0;
        }
        if (!Valid().IsMatch(name))
            throw new TemperException("usage", $"'{name}' is no name of a secret.", "Use 1 to 127 of a-z, A-Z, 0-9, '.', '_' and '-'.");
        var value = Console.In.ReadToEnd().TrimEnd('\r', '\n');
        if (value.Length == 0)
            throw new TemperException("usage", "Standard input holds no secret.", $"temper data secret {name} < FILE");
        store.Set(name, value);
        terminal.Document(new { Name = name });
        terminal.Line($"kept '{name}'; use it as {{secretRef: {name}}}");
        return 0;
    }

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,127}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Valid();
}
