using System.CommandLine;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;

namespace Temper.Cli.Verbs;

internal static class JobsVerb
{
    public static Command Build()
    {
        var id = new Argument<string?>("id") { Description = "One job", Arity = ArgumentArity.ZeroOrOne, HelpName = "ID" };
        var follow = new Option<bool>("--follow") { Description = "Show its progress until it ends (Ctrl-C stops watching, not the job)" };
        var cancel = new Option<bool>("--cancel") { Description = "Ask it to stop; its last checkpoint stays" };
        var command = new Command("jobs", """
            List jobs (ingestion and training), or show, follow, pause or cancel one.

            Examples:
              temper jobs
              temper jobs job-01jabc… --follow
              temper jobs pause job-01jabc…
              temper jobs priority job-01jabc… 10
            """) { id, follow, cancel };
        foreach (var part in JobsParts.All())
            command.Add(part);
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(id), parsed.GetValue(follow), parsed.GetValue(cancel), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string? text, bool follow, bool cancel, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        if (text is null && (follow || cancel))
            throw new TemperException("usage", $"--{(follow ? "follow" : "cancel")} needs the ID of a job.", "`temper jobs` lists them.");
        using var registry = follow ? await GlobalOptions.ConnectPatientlyAsync(parsed, ct) : GlobalOptions.Connect(parsed);
        if (text is null)
            return await ListAsync(registry, terminal, ct);
        var id = IdOf(text);
        if (cancel)
            terminal.Note($"asked {(await registry.Jobs.CancelAsync(id, ct)).Id} to stop");
        var job = follow
            ? await new Follower(registry, terminal).WatchAsync(id, ct, terminal.Document)
            : await registry.Jobs.FindAsync(id, ct) ?? throw new TemperException("not_found", $"There is no job {id}.", "`temper jobs` lists them.");
        terminal.Document(job);
        Show(terminal, job);
        return follow ? Follower.ExitCode(terminal, job) : 0;
    }

    /// <exception cref="TemperException">Code <c>usage</c>.</exception>
    public static WorkId IdOf(string text) => WorkId.TryParse(text, out var id) ? id : throw new TemperException("usage", $"'{text}' is not a job id.", "`temper jobs` lists them.");

    public static void Show(Terminal terminal, JobInfo job)
    {
        terminal.Line($"[bold]{job.Id}[/] {job.Kind.ToString().ToLowerInvariant()} {job.Standing}, phase {job.Phase}, {Format.Percent(job.Progress)}{(job.TotalSteps > 0 ? $", step {job.Step} of {job.TotalSteps}" : "")}{(job.EstimatedFinishMs is { } finish ? $", until about {Format.When(finish)}" : "")}");
        terminal.Line($"  created {Format.When(job.CreatedMs)}{(job.EndedMs is { } end ? $", ended {Format.When(end)}" : "")}, attempt {job.Attempt}{(job.Worker is null ? "" : $", worker {job.Worker}")}");
        if (job.Waits is { } why)
            terminal.Line($"  waits: {Style.Escape(why)}");
        if (job.Priority != 0 || job.Memory > 0)
            terminal.Line($"  priority {job.Priority}{(job.Memory > 0 ? $", needs at least {Format.Bytes(job.Memory)} of memory" : "")}");
        if (job.PauseAt is { } step && !job.Ended)
            terminal.Line($"  pauses behind step {step}, where its sweep compares its trials");
        foreach (var tried in job.Tries)
            terminal.Line($"  attempt {tried.Attempt} ended {Format.When(tried.AtMs)}: [yellow]{tried.Code}[/] {Style.Escape(tried.Message)}");
        if (job.Rejected)
            terminal.Line($"  [red]rejected[/] {job.Outcome!.Name}:{job.Outcome.Version}; `temper datasets {job.Outcome.Name}:{job.Outcome.Version}` says why");
        else if (job.Outcome is { Name: { } name, Version: { } version })
            terminal.Line($"  made {name}:{version}{(job.Outcome.Commit is { } commit ? $", commit {commit.Short}" : "")}");
        foreach (var problem in job.Errors)
            terminal.Line($"  [red]{problem.Code}[/]: {Style.Escape(problem.Message)}");
    }

    public static async Task<int> ListAsync(RegistryClient registry, Terminal terminal, CancellationToken ct)
    {
        var jobs = await Pages.AllAsync((cursor, stop) => registry.Jobs.ListAsync(null, cursor, stop), ct);
        terminal.Document(jobs);
        if (jobs.Count == 0)
            terminal.Line("no jobs yet; `temper upload` and `temper train` make some");
        else
            terminal.Table(["job", "kind", "for", "state", "progress", "step", "made", "created"], [.. jobs.Select(j => (IReadOnlyList<string>)[
                j.Id.ToString(), j.Kind.ToString().ToLowerInvariant(), j.Subject ?? "-", j.Standing, Format.Percent(j.Progress), j.TotalSteps > 0 ? $"{j.Step}/{j.TotalSteps}" : "-",
                j.Outcome is { Name: { } name, Version: { } version } ? $"{name}:{version}" : "-", Format.When(j.CreatedMs)])]);
        return 0;
    }
}
