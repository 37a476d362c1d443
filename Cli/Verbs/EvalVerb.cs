using System.CommandLine;
using System.Globalization;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Training.Suites;

namespace Temper.Cli.Verbs;

internal static class EvalVerb
{
    private const int Shown = 10;
    private static readonly Option<string?> Against = new("--against") { Description = "Another version, asked the same", HelpName = "OTHER" };
    private static readonly Option<bool> NoSave = new("--no-save") { Description = "Do not attach the result to the version" };
    private static readonly Option<string[]> Require = new("--require") { Description = "What must hold, such as exact_match>=0.9; otherwise the exit code is 1", HelpName = "METRIC>=N" };

    public static Command Build()
    {
        var model = new Argument<string>("model") { Description = "NAME, NAME:VERSION or NAME@ALIAS", HelpName = "MODEL" };
        var suite = new Argument<string>("suite") { Description = "A suite (.yaml, .json), or its cases alone (.jsonl)", HelpName = "SUITE" };
        var command = new Command("eval", """
            Ask a model the questions of a suite, judge the answers, and keep the result with the version.
            A case is a line such as {"prompt": "Capital of France?", "expected": "Paris"}; instead of a prompt it may have messages, and besides expected
            answers checks: {"type": "regex", "pattern": "^[A-Z]"}, {"type": "json_schema", "schema": {…}}, {"type": "contains", "text": "Paris"},
            {"type": "rouge_l", "at_least": 0.5}. A suite in YAML adds name, answer: {max_tokens, temperature, seed, system}, checks of all cases,
            classification: true (precision and recall of every class), perplexity: true, and cases (a list, or a file beside it).

            Examples:
              temper eval support-bot:2 facts.jsonl
              temper eval support-bot suite.yaml --against support-bot:1
              temper eval support-bot suite.yaml --require "exact_match>=0.9" --json
            """) { model, suite, Against, NoSave, Require };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(model)!, parsed.GetValue(suite)!, ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string reference, string file, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        var required = (parsed.GetValue(Require) ?? []).Select(GateText.Bound).ToArray();
        var suite = SuiteReader.Read(file);
        foreach (var bound in required)
            if (SuiteRun.Unmeasured(suite, bound.Metric) is { } wrong)
                throw new TemperException([wrong with { Code = "usage", Message = $"--require {bound}: {wrong.Message}" }]);
        using var registry = GlobalOptions.Connect(parsed);
        var model = await registry.Models.ResolveAsync(reference, ct);
        var other = parsed.GetValue(Against) is { } named ? await registry.Models.ResolveAsync(named, ct) : null;
        var run = new SuiteRun(parsed, registry, terminal, suite);
        var score = await run.RunAsync(model, ct);
        var theirs = other is null ? null : await run.RunAsync(other, ct);
        string? id = null;
        if (!parsed.GetValue(NoSave))
        {
            id = await SaveAsync(registry, model, suite, score, ct);
            if (theirs is not null)
                await SaveAsync(registry, other!, suite, theirs, ct);
        }
        var failed = required.Where(bound => !(score.Metrics.TryGetValue(bound.Metric, out var value) && bound.Passes(value))).Select(bound => bound.ToString()).ToArray();
        var compared = theirs is null ? null : SuiteComparison.Of(score, theirs);
        terminal.Document(new { id, model = Name(model), suite = suite.Name, suite_digest = suite.Digest, score.Metrics, score.Classes, score.Cases, against = theirs is null ? null : new { model = Name(other!), theirs.Metrics, compared }, failed });
        Show(terminal, suite, model, score, other, theirs);
        if (compared is not null)
            Show(terminal, suite, compared, score, theirs!);
        if (failed.Length == 0)
            return 0;
        terminal.Note($"[red]not reached[/]: {Style.Escape(string.Join(", ", failed))}");
        return 1;
    }

    private static async Task<string> SaveAsync(RegistryClient registry, ModelVersionInfo model, Suite suite, SuiteScore score, CancellationToken ct)
    {
        var id = $"eval-{Ulid.New(TimeProvider.System)}";
        await registry.Models.AddEvaluationAsync(model.Pin.Name, model.Pin.Version, id, new(suite.Name, suite.Digest, score.Metrics, Wire.ToElement(new { score.Classes, score.Cases })), ct);
        return id;
    }

    private static void Show(Terminal terminal, Suite suite, ModelVersionInfo model, SuiteScore score, ModelVersionInfo? other, SuiteScore? theirs)
    {
        terminal.Line($"[bold]{suite.Name}[/] {suite.Digest.Short}, {suite.Cases.Count} cases");
        var names = score.Metrics.Keys.Where(k => k != "cases").ToArray();
        terminal.Table(other is null ? ["metric", Name(model)] : ["metric", Name(model), Name(other), "difference"], [.. names.Select(name => (IReadOnlyList<string>)(theirs is null
            ? [name, Number(score.Metrics[name])]
            : [name, Number(score.Metrics[name]), Number(theirs.Metrics[name]), (score.Metrics[name] - theirs.Metrics[name]).ToString("+0.000;-0.000;0", CultureInfo.InvariantCulture)]))]);
        if (score.Classes is { } classes)
            terminal.Table(["class", "precision", "recall", "f1", "cases"], [.. classes.Classes.Select(c => (IReadOnlyList<string>)[c.Name, Number(c.Precision), Number(c.Recall), Number(c.F1), Format.Number(c.Support)])]);
        if (theirs is not null || score.Cases.Where(c => !c.Passed).Take(Shown).ToArray() is not { Length: > 0 } wrong)
            return;
        terminal.Line($"not passed{(score.Cases.Count(c => !c.Passed) > wrong.Length ? $", the first {wrong.Length}" : "")}:");
        terminal.Table(["case", "said", "expected"], [.. wrong.Select(c => (IReadOnlyList<string>)[c.Id, Cut(c.Answer), Expected(suite, c)])]);
    }

    private static void Show(Terminal terminal, Suite suite, SuiteComparison compared, SuiteScore ours, SuiteScore theirs)
    {
        terminal.Line(FormattableString.Invariant($"better on {compared.Better.Count}, worse on {compared.Worse.Count}, alike on {compared.Same}; a split this uneven comes by chance with p = {compared.SignTest:G3}"));
        var (mine, others) = (ours.Cases.ToDictionary(c => c.Id), theirs.Cases.ToDictionary(c => c.Id));
        var rows = compared.Worse.Concat(compared.Better).Take(Shown).Select(id => (IReadOnlyList<string>)[id, Cut(mine[id].Answer), Cut(others[id].Answer), Expected(suite, mine[id])]).ToArray();
        if (rows.Length > 0)
            terminal.Table(["case", "said", "the other said", "expected"], rows);
    }

    private static string Expected(Suite suite, CaseResult result) => result.Failed.Count > 0 ? Cut(result.Failed[0]) : Cut(suite.Cases.First(c => c.Id == result.Id).Expected is [var first, ..] ? first : "");

    private static string Name(ModelVersionInfo model) => FormattableString.Invariant($"{model.Pin.Name}:{model.Pin.Version}");

    private static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Cut(string text) => text.ReplaceLineEndings(" ") is { Length: > 48 } one ? one[..47] + "…" : text.ReplaceLineEndings(" ");
}
