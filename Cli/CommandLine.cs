using System.CommandLine;
using Temper.Cli.Verbs;
using Temper.Cli.Verbs.Care;
using Temper.Cli.Verbs.Data;
using Temper.Cli.Verbs.Versioning;

namespace Temper.Cli;

/// <summary>The whole command line: one line per verb.</summary>
internal static class CommandLine
{
    public static RootCommand Build()
    {
        var root = new RootCommand("""
            Fine-tuning on .NET: upload data, get a fine-tuned, versioned, servable model.

            Examples:
              temper demo                                   see all of it on a small sample, in a few minutes
              temper up                                     start the server on this machine
              temper upload chats.jsonl --dataset support --wait
              temper train recipe.yaml --follow
              temper chat support-bot "How do I reset it?"

            Exit codes: 0 ok, 1 negative answer, 2 usage or invalid input, 3 the run failed, 4 cancelled,
            5 environment (server, disk, port, permission), 6 refused, 7 integrity, 130 interrupted.
            """);
        foreach (var option in GlobalOptions.All)
            root.Options.Add(option);
        foreach (var verb in (Command[])[.. Product(), .. Versions(), .. Care()])
            root.Subcommands.Add(verb);
        Output.HelpWithExamples.Use(root);
        return root;
    }

    /// <summary>From data to a model that answers.</summary>
    private static IEnumerable<Command> Product() =>
    [
        Demo.DemoVerb.Build(),
        UpVerb.Build(),
        UploadVerb.Build(),
        DatasetsVerb.Build(),
        DataVerb.Build(),
        TrainVerb.Build(),
        JobsVerb.Build(),
        ModelsVerb.Build(),
        ImportVerb.Build(),
        MergeVerb.Build(),
        ExportVerb.Build(),
        QuantizeVerb.Build(),
        ChatVerb.Build(),
        InspectVerb.Build(),
        TokenizeVerb.Build(),
        RenderVerb.Build(),
        LogitsVerb.Build(),
        EmbedVerb.Build(),
        WorkerVerb.Build(),
        PluginsVerb.Build(),
    ];

    /// <summary>The version store, with git's verbs.</summary>
    private static IEnumerable<Command> Versions() =>
    [
        InitVerb.Build(),
        AddVerb.Build(),
        RmVerb.Build(),
        StatusVerb.Build(),
        CommitVerb.Build(),
        ResetVerb.Build(),
        RestoreVerb.Build(),
        CheckoutVerb.Build(),
        SwitchVerb.Build(),
        BranchVerb.Build(),
        TagVerb.Build(),
        LsFilesVerb.Build(),
        MetaVerb.Build(),
        KeyVerb.Build(),
        VerifyVerb.Build(),
        LogVerb.Build(),
        ShowVerb.Build(),
        DiffVerb.Build(),
        MergeBaseVerb.Build(),
        RevParseVerb.Build(),
        RevListVerb.Build(),
        CatFileVerb.Build(),
        LsTreeVerb.Build(),
        ConfigVerb.Build(),
        RemoteVerb.Build(),
        CloneVerb.Build(),
        FetchVerb.Build(),
        PullVerb.Build(),
        PushVerb.Build(),
        LsRemoteVerb.Build(),
    ];

    /// <summary>What looks after repositories and servers, and explains.</summary>
    private static IEnumerable<Command> Care() =>
    [
        FsckVerb.Build(),
        GcVerb.Build(),
        PruneVerb.Build(),
        PointerImportVerb.Lfs(),
        PointerImportVerb.Dvc(),
        BackupVerb.Build(),
        RestoreBackupVerb.Build(),
        DoctorVerb.Build(),
        ExplainVerb.Build(),
        RunJobVerb.Build(),
    ];
}
