using System.CommandLine;
using System.Globalization;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Core.Registry;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>Repositories of a server: what there is, what they take, and what goes.</summary>
internal static class ReposVerb
{
    public static Command Build()
    {
        var command = new Command("repos", """
            List and look after the repositories of a server.

            Examples:
              temper repos
              temper repos create ada/models --kind model
              temper repos show ada/models
              temper repos set ada/models safety.formats gguf zip
              temper repos delete ada/models
              temper repos gc --dry-run
            """) { Create(), Show(), Set(), Delete(), Collect() };
        command.SetAction((parsed, ct) => ListAsync(parsed, ct));
        return command;
    }

    private static Argument<string> Name() => new("name") { Description = "OWNER/NAME", HelpName = "NAME" };

    private static async Task<int> ListAsync(ParseResult parsed, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        using var registry = GlobalOptions.Connect(parsed);
        var found = await Pages.AllAsync(registry.Repositories.ListAsync, ct);
        terminal.Document(found);
        if (found.Count == 0)
            terminal.Line("no repositories yet; `temper repos create OWNER/NAME` makes one, and so does `temper push --create`");
        else
            terminal.Table(["repository", "kind", "branch", "made"], [.. found.Select(r => (IReadOnlyList<string>)[$"{r.Ns}/{r.Name}", r.Kind.ToString().ToLowerInvariant(), r.DefaultBranch, Format.When(r.CreatedMs)])]);
        return 0;
    }

    private static Command Create()
    {
        var name = Name();
        var kind = new Option<RepositoryKind>("--kind") { Description = "What it is for; changes nothing of how it works", HelpName = "KIND", DefaultValueFactory = _ => RepositoryKind.Mixed };
        var branch = new Option<string?>("--branch", "-b") { Description = "The branch that a clone checks out [default: main]", HelpName = "NAME" };
        var command = new Command("create", "Make a repository.") { name, kind, branch };
        command.SetAction(async (parsed, ct) =>
        {
            var repo = Parse(parsed.GetValue(name)!);
            using var registry = GlobalOptions.Connect(parsed);
            var made = await registry.Repositories.CreateAsync(new(repo.Ns, repo.Name, parsed.GetValue(kind), parsed.GetValue(branch)), ct);
            var terminal = GlobalOptions.Terminal(parsed);
            terminal.Document(made);
            terminal.Line($"made {repo}; `temper remote add origin {new Uri(registry.Http.BaseAddress!, repo.ToString())}` lets a repository push there");
            return 0;
        });
        return command;
    }

    private static Command Show()
    {
        var name = Name();
        var command = new Command("show", "Show a repository: its references and settings.") { name };
        command.SetAction(async (parsed, ct) =>
        {
            var repo = Parse(parsed.GetValue(name)!);
            using var registry = GlobalOptions.Connect(parsed);
            var info = await FindAsync(registry, repo, ct);
            var (refs, settings) = (await registry.Repositories.RefsAsync(repo, "", ct), await registry.Repositories.SettingsAsync(repo, ct));
            var terminal = GlobalOptions.Terminal(parsed);
            terminal.Document(new { repository = info, refs, settings });
            terminal.Line($"[bold]{repo}[/], {info.Kind.ToString().ToLowerInvariant()}, made {Format.When(info.CreatedMs)}");
            foreach (var one in refs)
                terminal.Line($"  {one.Target.Short} {one.Name}{(one.Name == "refs/heads/" + info.DefaultBranch ? " (checked out by clones)" : "")}, moved {Format.When(one.UpdatedMs)}");
            foreach (var setting in settings)
                terminal.Line($"  {setting.Name} = {string.Join(", ", setting.Values)}");
            return 0;
        });
        return command;
    }

    private static Command Set()
    {
        var name = Name();
        var setting = new Argument<string>("setting") { Description = "safety.formats, safety.allowUnsafeFormats, security.requireSigned or trust.NAME.key", HelpName = "SETTING" };
        var values = new Argument<string[]>("value") { Description = "Its values; none removes it", Arity = ArgumentArity.ZeroOrMore, HelpName = "VALUE" };
        var command = new Command("set", "Say what a repository takes.") { name, setting, values };
        command.SetAction(async (parsed, ct) =>
        {
            using var registry = GlobalOptions.Connect(parsed);
            var now = await registry.Repositories.SetAsync(Parse(parsed.GetValue(name)!), new(parsed.GetValue(setting)!, parsed.GetValue(values) ?? []), ct);
            var terminal = GlobalOptions.Terminal(parsed);
            terminal.Document(now);
            terminal.Line(now.Values.Count == 0 ? $"{now.Name} is not set" : $"{now.Name} = {string.Join(", ", now.Values)}");
            return 0;
        });
        return command;
    }

    private static Command Delete()
    {
        var name = Name();
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask" };
        var command = new Command("delete", "Delete a repository, after saying what is lost.") { name, yes };
        command.SetAction(async (parsed, ct) =>
        {
            var repo = Parse(parsed.GetValue(name)!);
            using var registry = GlobalOptions.Connect(parsed);
            await FindAsync(registry, repo, ct);
            var refs = await registry.Repositories.RefsAsync(repo, "", ct);
            var lost = $"{repo} with {Count(refs.Count(r => r.Name.StartsWith("refs/heads/", StringComparison.Ordinal)), "branch", "branches")}"
                + $" and {Count(refs.Count(r => r.Name.StartsWith("refs/tags/", StringComparison.Ordinal)), "tag", "tags")}, its log of moves, its settings, and every commit that no other repository leads to";
            if (!parsed.GetValue(yes) && !await IsConfirmedAsync(parsed, repo, lost, ct))
                throw new TemperException("request_invalid", $"Nothing was deleted: '{repo}' was not typed.", "--yes deletes without asking.");
            await registry.Repositories.DeleteAsync(repo, ct);
            var terminal = GlobalOptions.Terminal(parsed);
            terminal.Document(new { deleted = repo.ToString(), refs });
            terminal.Line($"deleted {lost}");
            return 0;
        });
        return command;
    }

    private static async Task<bool> IsConfirmedAsync(ParseResult parsed, RepositoryName repo, string lost, CancellationToken ct)
    {
        var error = parsed.InvocationConfiguration.Error;
        await error.WriteLineAsync($"This deletes {lost}.");
        await error.WriteAsync($"Type {repo} to delete it: ");
        return await Console.In.ReadLineAsync(ct) is { } typed && typed.Trim() == repo.ToString();
    }

    private static Command Collect()
    {
        var dry = new Option<bool>("--dry-run", "-n") { Description = "Only tell what would be done" };
        var grace = new Option<double?>("--grace") { Description = "Hours that packs which nothing leads to are kept, twice; 1 or more [default: the server's setting, 14 days]", HelpName = "HOURS" };
        var command = new Command("gc", "Remove packs that no repository and no version needs. The server does so every hour by itself.") { dry, grace };
        command.SetAction(async (parsed, ct) =>
        {
            using var registry = GlobalOptions.Connect(parsed);
            var report = await registry.Repositories.CollectAsync(new(parsed.GetValue(grace), parsed.GetValue(dry)), ct);
            var terminal = GlobalOptions.Terminal(parsed);
            terminal.Document(report);
            terminal.Line($"{Count(report.Packs, "pack", "packs")}: {report.Removed} {(parsed.GetValue(dry) ? "would be removed" : "removed")} ({Format.Bytes(report.Bytes)}), {report.Noted} more are led to by nothing");
            foreach (var broken in report.Broken)
                terminal.Line($"missing: {broken}");
            return report.Broken.Count > 0 ? throw new TemperException("object_missing", $"{report.Broken.Count} objects that references need are missing; nothing was removed.") : 0;
        });
        return command;
    }

    private static async Task<RepositoryInfo> FindAsync(RegistryClient registry, RepositoryName repo, CancellationToken ct) => await registry.Repositories.FindAsync(repo, ct)
        ?? throw new TemperException("not_found", $"There is no repository {repo}.", "`temper repos` lists what exists.");

    private static RepositoryName Parse(string text) => RepositoryName.TryParse(text, out var name) ? name
        : throw new TemperException("usage", $"'{text}' is no name of a repository.", "Write OWNER/NAME in lower-case letters, digits, '-', '_' and '.'.");

    private static string Count(int count, string one, string many) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? one : many)}");
}
