using System.Diagnostics;
using System.Globalization;
using Temper.Core.Ids;
using Temper.Models;
using Temper.Tensors;
using Temper.Training;
using Temper.Training.Objectives;
using Temper.Training.Planning;
using Temper.Training.Ranks;
using Temper.Training.Recipes;

namespace Temper.Bench;

/// <summary>A LoRA step that several processes with one thread each share, beside the same step in one process with as many threads: in turns, so that a noisy
/// machine is noisy for both. Only the ratio means anything.</summary>
internal static class RanksBench
{
    public const string FollowerWord = "ranks-follower";
    private const int MicroBatches = 8;

    public static Dictionary<string, object> Run(Arguments arguments)
    {
        arguments.Allow("--ranks", "--steps", "--repeat");
        var (shape, ranks) = (BenchModel.Of(arguments.Words[1]), Math.Max(2, arguments.Number("--ranks", 2)));
        var (alone, shared, ratios) = (new List<double>(), new List<double>(), new List<double>());
        for (var turn = 0; turn < arguments.Number("--repeat", 3); turn++)
        {
            alone.Add(Rate(shape, arguments.Steps, ranks, null));
            using var crew = new Crew([.. Enumerable.Range(1, ranks - 1).Select(rank => Start(shape, rank, ranks))]);
            shared.Add(Rate(shape, arguments.Steps, 1, crew));
            ratios.Add(shared[^1] / alone[^1]);
        }
        return new()
        {
            ["cfg"] = shape.Name,
            ["mode"] = "lora",
            ["ranks"] = ranks,
            ["micro_batches"] = MicroBatches,
            ["updates_s_alone"] = Math.Round(Report.Median(alone), 3),
            ["updates_s_shared"] = Math.Round(Report.Median(shared), 3),
            ["ratio"] = Math.Round(Report.Median(ratios), 3),
            ["ratios"] = ratios.Select(r => Math.Round(r, 3)).ToArray(),
        };
    }

    /// <summary>A follower's process: computes until its leader is gone.</summary>
    public static void Follow(string[] words)
    {
        var (shape, rank, size) = (BenchModel.Of(words[1]), int.Parse(words[2], CultureInfo.InvariantCulture), int.Parse(words[3], CultureInfo.InvariantCulture));
        var follower = new Follower(rank, size, Console.OpenStandardInput(), Console.OpenStandardOutput(), _ => Environment.Exit(0));
        using var engine = CpuEngine.Create(1);
        using var learner = new Learner(engine, shape);
        follower.Run(learner.Objective, HelloFrame.Of(learner.Objective, learner.Recipe, ""));
    }

    /// <summary>Updates a second, after one that is not counted.</summary>
    private static double Rate(BenchModel shape, int steps, int threads, Crew? crew)
    {
        using var engine = CpuEngine.Create(threads);
        using var learner = new Learner(engine, shape);
        var objective = learner.Objective;
        crew?.Meet(objective, HelloFrame.Of(objective, learner.Recipe, ""), CancellationToken.None);
        using var optimizer = engine.AdamW([new ParameterGroup([.. objective.Trained.Select(t => t.Tensor)])], new AdamWOptions());
        var (update, control, step) = (Update(shape, objective), new RunControl(), 0);
        var times = Report.Times(steps, () =>
        {
            if (crew is not null)
                crew.Descend(update, 1, step++, control);
            else
                foreach (var micro in update.MicroBatches)
                {
                    using var scope = engine.BeginScope();
                    engine.Backward(objective.Loss(micro, new LossPass(1, step++, micro.Index)).Sum, 1.0 / update.Units);
                }
            optimizer.ClipNorm(1);
            optimizer.Step(1e-4);
            optimizer.ZeroGrad();
            crew?.WeightsChanged();
        });
        return 1 / Report.Median(times);
    }

    private static Update Update(BenchModel shape, CausalObjective objective)
    {
        var micros = Enumerable.Range(0, MicroBatches).Select(i => objective.Lay(i, [new TrainExample(Digest.OfText($"text {i}"), shape.Tokens((i + 1) * shape.Length)[^shape.Length..], [.. Enumerable.Repeat(true, shape.Length)])])).ToArray();
        return new(micros, micros.Sum(m => m.Units), MicroBatches * shape.Length);
    }

    private static CrewMember Start(BenchModel shape, int rank, int size)
    {
        var dotnet = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet";
        string[] words = [FollowerWord, shape.Name, rank.ToString(CultureInfo.InvariantCulture), size.ToString(CultureInfo.InvariantCulture)];
        var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, dotnet ? [typeof(RanksBench).Assembly.Location, .. words] : words) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        return new(rank, process.StandardOutput.BaseStream, process.StandardInput.BaseStream, () => "see above", () =>
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        });
    }

    /// <summary>The same model and adapter in every process.</summary>
    private sealed class Learner : IDisposable
    {
        private readonly Decoder _model;
        private readonly LoraAdapter _adapter;

        public Learner(IEngine engine, BenchModel shape)
        {
            _model = Decoder.Create(engine, shape.Config(), 1, _ => false);
            _adapter = LoraAdapter.Create(_model, new LoraConfig { Rank = 8, Alpha = 16, TargetModules = ["all-linear"] }, 1);
            Objective = new(_model, _adapter, Recipe);
        }

        public Recipe Recipe { get; } = RecipeReader.Read("lora: {r: 8}", "bench");

        public CausalObjective Objective { get; }

        public void Dispose()
        {
            _adapter.Dispose();
            _model.Dispose();
        }
    }
}
