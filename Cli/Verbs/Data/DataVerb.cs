using System.CommandLine;

namespace Temper.Cli.Verbs.Data;

/// <summary>Datasets by configuration, and looking into data: one line per subcommand.</summary>
internal static class DataVerb
{
    public static Command Build()
    {
        var command = new Command("data", """
            Check, plan and build datasets from a configuration, look into them, and correct what was set aside.

            Examples:
              temper data validate datasets.yaml
              temper data plan datasets.yaml
              temper data fetch datasets.yaml
              temper data build datasets.yaml
              temper data import multidatabackend.json --out datasets.json
              temper data search support "my parcel is late"
              temper data preview support --model demo-base
              temper data quarantine support --out fix.jsonl
              temper data requeue support fix.jsonl --wait
              temper data simulate recipe.yaml --size chats=9000
            """);
        foreach (var verb in Verbs())
            command.Subcommands.Add(verb);
        return command;
    }

    private static IEnumerable<Command> Verbs() =>
    [
        DataValidateVerb.Build(),
        DataPlanVerb.Build(),
        DataFetchVerb.Build(),
        DataBuildVerb.Build(),
        DataImportVerb.Build(),
        SearchVerb.Build(),
        PreviewVerb.Build(),
        QuarantineVerb.Build(),
        RequeueVerb.Build(),
        SimulateVerb.Build(),
        DataExplainVerb.Build(),
        DataSecretVerb.Build(),
    ];
}
