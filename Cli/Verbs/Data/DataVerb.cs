using System.CommandLine;

namespace Temper.Cli.Verbs.Data;

internal static class DataVerb
{
    public static Command Build()
    {
        var command = new Command("data", """
            Look into data: search a dataset, and see in which order training will draw from several.

            Examples:
              temper data search support "my parcel is late"
              temper data simulate recipe.yaml --size chats=9000
            """);
        foreach (var verb in Verbs())
            command.Subcommands.Add(verb);
        return command;
    }

    private static IEnumerable<Command> Verbs() =>
    [
        SearchVerb.Build(),
        SimulateVerb.Build(),
    ];
}
