using System.CommandLine;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

internal static class InitVerb
{
    private static readonly Argument<string?> Place = new("folder") { Description = "Where [default: here]", Arity = ArgumentArity.ZeroOrOne, HelpName = "DIR" };
    private static readonly Option<string?> Branch = new("--initial-branch", "-b") { Description = "Name of the first branch [default: main]", HelpName = "NAME" };
    private static readonly Option<bool> Bare = new("--bare") { Description = "Without a work tree" };
    private static readonly Option<string?> Name = new("--name") { Description = "Name to commit with here", HelpName = "NAME" };
    private static readonly Option<string?> Mail = new("--email") { Description = "Mail address to commit with here", HelpName = "MAIL" };

    public static Command Build()
    {
        var command = VersionVerb.Make("init", """
            Make a repository for models and datasets.
            In a folder that is one already, only what is missing is added.

            Examples:
              temper init
              temper init -b main --name "Ana Lima" --email ana@example.org
              temper init --bare /srv/models
            """, Place, Branch, Bare, Name, Mail);
        command.SetAction((parsed, ct) => VersionVerb.GuardAsync(parsed, () => RunAsync(parsed, ct)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var folder = Path.GetFullPath(parsed.GetValue(Place) ?? ".", VersionVerb.Folder(parsed));
        var options = new InitOptions
        {
            Bare = parsed.GetValue(Bare),
            Branch = parsed.GetValue(Branch) ?? UserConfig.Load()?.Get("init.defaultbranch"),
            Name = parsed.GetValue(Name),
            Email = parsed.GetValue(Mail),
        };
        var again = File.Exists(Path.Combine(folder, options.Bare ? "HEAD" : ".temper/HEAD"));
        await using var repository = await Repository.InitAsync(folder, options, TimeProvider.System, ct);
        var terminal = GlobalOptions.Terminal(parsed);
        if (terminal.Json)
            parsed.InvocationConfiguration.Output.WriteLine(System.Text.Json.JsonSerializer.Serialize(new { path = repository.Home, existed = again }, Core.Json.Wire.Json));
        else if (!terminal.Quiet)
            parsed.InvocationConfiguration.Output.WriteLine(again ? $"The repository at {repository.Home} was there already." : $"Made an empty repository at {repository.Home}");
        return 0;
    }
}
