using System.CommandLine;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;

namespace Temper.Cli.Verbs;

/// <summary>What <c>temper jobs</c> does to one job, a word each.</summary>
internal static class JobsParts
{
    public static IEnumerable<Command> All() =>
    [
        List(),
        Logs(),
        One("show", "Show one job, with the attempts that did not bring it to its end", (registry, id, ct) => FindAsync(registry, id, ct)),
        One("cancel", "Ask it to stop; its last checkpoint stays", (registry, id, ct) => registry.Jobs.CancelAsync(id, ct)),
        One("pause", "Set it aside; a running one saves a checkpoint first", (registry, id, ct) => registry.Jobs.PauseAsync(id, ct)),
        One("resume", "Let a paused one go on where it stood", (registry, id, ct) => registry.Jobs.ResumeAsync(id, ct)),
        One("retry", "Start a new job on the very inputs of one that failed or was cancelled", (registry, id, ct) => registry.Jobs.RetryAsync(id, ct)),
        Priority(),
    ];

    private static Command List()
    {
        var command = new Command("list", "List jobs, newest first");
        command.SetAction(async (parsed, ct) =>
        {
            using var registry = GlobalOptions.Connect(parsed);
            return await JobsVerb.ListAsync(registry, GlobalOptions.Terminal(parsed), ct);
        });
        return command;
    }

    private static Command One(string word, string description, Func<RegistryClient, WorkId, CancellationToken, Task<JobInfo>> act)
    {
        var id = Id();
        var command = new Command(word, description) { id };
        command.SetAction((parsed, ct) => ActAsync(parsed, parsed.GetValue(id)!, act, ct));
        return command;
    }

    private static Command Priority()
    {
        var id = Id();
        var priority = new Argument<int>("priority") { Description = "-100 to 100: higher first, then age", HelpName = "N" };
        var command = new Command("priority", "Move it among those that wait") { id, priority };
        command.SetAction((parsed, ct) => ActAsync(parsed, parsed.GetValue(id)!, (registry, job, token) => registry.Jobs.PrioritiseAsync(job, parsed.GetValue(priority), token), ct));
        return command;
    }

    private static Command Logs()
    {
        var id = Id();
        var command = new Command("logs", "Print its log") { id };
        command.SetAction(async (parsed, ct) =>
        {
            var terminal = GlobalOptions.Terminal(parsed);
            using var registry = GlobalOptions.Connect(parsed);
            var (job, after) = (JobsVerb.IdOf(parsed.GetValue(id)!), 0L);
            await FindAsync(registry, job, ct);
            while ((await registry.Jobs.LogAsync(job, after, ct)).Items is { Count: > 0 } lines)
                foreach (var line in lines)
                {
                    terminal.Document(line);
                    terminal.Line($"{Format.When(line.AtMs)} {(line.Level == "info" ? "" : $"[yellow]{line.Level}[/] ")}{Style.Escape(line.Text)}");
                    after = line.Seq;
                }
            return 0;
        });
        return command;
    }

    private static async Task<int> ActAsync(ParseResult parsed, string text, Func<RegistryClient, WorkId, CancellationToken, Task<JobInfo>> act, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        using var registry = GlobalOptions.Connect(parsed);
        var job = await act(registry, JobsVerb.IdOf(text), ct);
        terminal.Document(job);
        JobsVerb.Show(terminal, job);
        return 0;
    }

    private static async Task<JobInfo> FindAsync(RegistryClient registry, WorkId id, CancellationToken ct) =>
        await registry.Jobs.FindAsync(id, ct) ?? throw new TemperException("not_found", $"There is no job {id}.", "`temper jobs` lists them.");

    private static Argument<string> Id() => new("id") { Description = "One job", HelpName = "ID" };
}
