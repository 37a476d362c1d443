using System.CommandLine;
using Temper.Cli.Verbs;
using Temper.Cli.Verbs.Care;
using Temper.Cli.Verbs.Data;
using Temper.Cli.Verbs.Sweeps;
using Temper.Cli.Verbs.Trials;
using Temper.Cli.Verbs.Versioning;

namespace Temper.Cli;

/// <summary>The whole command line: one line per verb.</summary>
internal static class CommandLine
{
    /// <summary>Names of the verbs, in the order of the help.</summary>
    public static readonly string[] Verbs =
    [
        "demo", "up", "upload", "datasets", "data", "train", "preflight", "estimate", "sweep", "sweeps", "jobs", "models", "import", "merge", "export", "quantize", "chat", "eval", "alias", "gate", "inspect",
        "tokenize", "render", "logits", "embed", "classify", "worker", "plugins",
        "init", "add", "rm", "status", "commit", "reset", "restore", "checkout", "switch", "branch", "tag", "ls-files", "meta", "key", "verify",
        "log", "show", "diff", "merge-base", "rev-parse", "rev-list", "cat-file", "ls-tree", "config", "remote", "clone", "fetch", "pull", "push",
        "ls-remote", "repos",
        "fsck", "gc", "prune", "lfs-import", "dvc-import", "backup", "restore-backup", "doctor", "explain", "run-job",
    ];

    /// <summary>The command line for these words: of the verb they begin with, else of all verbs.</summary>
    public static RootCommand Build(params IReadOnlyList<string> words)
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
        foreach (var verb in words is [var first, ..] && Verbs.Contains(first) ? [first] : Verbs)
            root.Subcommands.Add(Make(verb));
        Output.HelpWithExamples.Use(root);
        return root;
    }

    // Only what is called is loaded: a table of all verbs would load the types of each.
    private static Command Make(string verb) => Training(verb) ?? Versioning(verb) ?? Care(verb) ?? throw new ArgumentOutOfRangeException(nameof(verb), verb, "is no verb");

    /// <summary>From data to a model that answers.</summary>
    private static Command? Training(string verb) => verb switch
    {
        "demo" => Demo.DemoVerb.Build(),
        "up" => UpVerb.Build(),
        "upload" => UploadVerb.Build(),
        "datasets" => DatasetsVerb.Build(),
        "data" => DataVerb.Build(),
        "train" => TrainVerb.Build(),
        "preflight" => PreflightVerb.Build(),
        "estimate" => EstimateVerb.Build(),
        "sweep" => SweepVerb.Build(),
        "sweeps" => SweepsVerb.Build(),
        "jobs" => JobsVerb.Build(),
        "models" => ModelsVerb.Build(),
        "import" => ImportVerb.Build(),
        "merge" => MergeVerb.Build(),
        "export" => ExportVerb.Build(),
        "quantize" => QuantizeVerb.Build(),
        "chat" => ChatVerb.Build(),
        "eval" => EvalVerb.Build(),
        "alias" => AliasVerb.Build(),
        "gate" => GateVerb.Build(),
        "inspect" => InspectVerb.Build(),
        "tokenize" => TokenizeVerb.Build(),
        "render" => RenderVerb.Build(),
        "logits" => LogitsVerb.Build(),
        "embed" => EmbedVerb.Build(),
        "classify" => ClassifyVerb.Build(),
        "worker" => WorkerVerb.Build(),
        "plugins" => PluginsVerb.Build(),
        _ => null,
    };

    /// <summary>The version store, with git's verbs.</summary>
    private static Command? Versioning(string verb) => verb switch
    {
        "init" => InitVerb.Build(),
        "add" => AddVerb.Build(),
        "rm" => RmVerb.Build(),
        "status" => StatusVerb.Build(),
        "commit" => CommitVerb.Build(),
        "reset" => ResetVerb.Build(),
        "restore" => RestoreVerb.Build(),
        "checkout" => CheckoutVerb.Build(),
        "switch" => SwitchVerb.Build(),
        "branch" => BranchVerb.Build(),
        "tag" => TagVerb.Build(),
        "ls-files" => LsFilesVerb.Build(),
        "meta" => MetaVerb.Build(),
        "key" => KeyVerb.Build(),
        "verify" => VerifyVerb.Build(),
        "log" => LogVerb.Build(),
        "show" => ShowVerb.Build(),
        "diff" => DiffVerb.Build(),
        "merge-base" => MergeBaseVerb.Build(),
        "rev-parse" => RevParseVerb.Build(),
        "rev-list" => RevListVerb.Build(),
        "cat-file" => CatFileVerb.Build(),
        "ls-tree" => LsTreeVerb.Build(),
        "config" => ConfigVerb.Build(),
        "remote" => RemoteVerb.Build(),
        "clone" => CloneVerb.Build(),
        "fetch" => FetchVerb.Build(),
        "pull" => PullVerb.Build(),
        "push" => PushVerb.Build(),
        "ls-remote" => LsRemoteVerb.Build(),
        "repos" => ReposVerb.Build(),
        _ => null,
    };

    /// <summary>What looks after repositories and servers, and explains.</summary>
    private static Command? Care(string verb) => verb switch
    {
        "fsck" => FsckVerb.Build(),
        "gc" => GcVerb.Build(),
        "prune" => PruneVerb.Build(),
        "lfs-import" => PointerImportVerb.Lfs(),
        "dvc-import" => PointerImportVerb.Dvc(),
        "backup" => BackupVerb.Build(),
        "restore-backup" => RestoreBackupVerb.Build(),
        "doctor" => DoctorVerb.Build(),
        "explain" => ExplainVerb.Build(),
        "run-job" => RunJobVerb.Build(),
        _ => null,
    };
}
