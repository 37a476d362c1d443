using System.CommandLine;
using Temper.Cli.Output;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Models;
using Temper.Registry;
using Temper.Tensors;
using Temper.Training;
using Temper.Training.Objectives;
using Temper.Training.Recipes;
using Temper.Training.Suites;

namespace Temper.Cli.Verbs;

/// <summary>Runs a suite on one version of a model.</summary>
internal sealed class SuiteRun(ParseResult parsed, RegistryClient registry, Terminal terminal, Suite suite)
{
    private static readonly string[] Texts = ["perplexity", "token_accuracy"];

    /// <summary>What <see cref="RunAsync"/> measures, known before any model is asked.</summary>
    private static IReadOnlyList<string> Measures(Suite suite) =>
        [.. SuiteScore.Of(suite, [.. suite.Cases.Select(one => new SuiteAnswer(one, "", Stopped: true))]).Metrics.Keys, .. suite.Perplexity ? Texts : []];

    /// <summary>What is wrong with a metric that the suite does not measure; null where it does.</summary>
    public static Problem? Unmeasured(Suite suite, string metric)
    {
        var measures = Measures(suite);
        return measures.Contains(metric) ? null : new("usage", $"The suite {suite.Name} does not measure '{metric}'; it measures {string.Join(", ", measures)}.")
        {
            Hint = Nearest.To(metric, measures) is { } near ? $"Did you mean {near}?" : null,
        };
    }

    public async Task<SuiteScore> RunAsync(ModelVersionInfo model, CancellationToken ct)
    {
        var name = FormattableString.Invariant($"{model.Pin.Name}:{model.Pin.Version}");
        var said = await ManyAnswers.AskAsync(registry, terminal, $"eval {name}", name, [.. suite.Cases.Select(c => c.Conversation(suite.Answer.System))], suite.Answer, ct);
        var score = SuiteScore.Of(suite, [.. suite.Cases.Zip(said, (one, answer) => new SuiteAnswer(one, answer.Text, answer.FinishReason == "stop"))]);
        if (suite.Perplexity)
            await AddTextAsync(name, score, ct);
        return score;
    }

    /// <summary>Perplexity and token accuracy of the first expected answers, each token counting once.</summary>
    private async Task AddTextAsync(string name, SuiteScore score, CancellationToken ct)
    {
        var place = await ModelPlace.FindAsync(parsed, name, ct);
        using var folder = ModelFolder.Open(place.Whole);
        using var engine = CpuEngine.Create(Environment.ProcessorCount);
        using var model = folder.LoadDecoder(engine);
        using var adapter = place.Base is null ? null : LoraAdapter.Load(model, place.Folder);
        var builder = new ExampleBuilder(folder.Tokenizer, (place.Base is null ? null : AdapterFolder.Template(place.Folder, folder)) ?? folder.Template, folder.StopTokens, new ExampleOptions { TrainOn = TrainOn.Completion, MaxLength = folder.Config.MaxPositions });
        var examples = suite.Cases.Select(c => Example(builder, c)).ToArray();
        var recipe = new Recipe();
        var measured = Evaluation.Of(new CausalObjective(model, adapter, recipe), examples, recipe);
        (score.Metrics["perplexity"], score.Metrics["token_accuracy"]) = (Math.Exp(measured.Loss), measured.Accuracy);
    }

    private TrainExample Example(ExampleBuilder builder, SuiteCase one)
    {
        IReadOnlyList<ChatTurn> turns = [.. one.Conversation(suite.Answer.System), new("assistant", one.Expected[0])];
        var record = new CanonicalRecord(Digest.OfText(one.Id), RecordKind.Messages, new(one.Id, 1, 0)) { Messages = turns };
        var built = builder.Build(record);
        return built.Example is { } example ? new(record.RecId, example.Tokens, example.Supervised)
            : throw new TemperException("suite_invalid", $"Case '{one.Id}' cannot be measured as a text: {built.Problem!.Message}", built.Problem.Hint);
    }
}
