using System.Threading.Channels;
using Temper.Core.Safetensors;
using Temper.Core.Work;
using Temper.Models;
using Temper.Storage.Blobs;
using Temper.Tensors;
using Temper.Training.Checkpoints;
using Temper.Training.Data;
using Temper.Training.Objectives;
using Temper.Training.Recipes;
using Temper.Training.Tasks;

namespace Temper.Training.Tests;

internal static partial class Tiny
{
    /// <summary>Trains from the same start every time.</summary>
    public static Trained Train(Recipe recipe, int threads = 1, CheckpointStore? checkpoints = null, RunControl? control = null, IReadOnlyList<TrainExample>? examples = null,
        TrainExample[]? heldOut = null, RunIdentity? identity = null, Action<Decoder>? prepare = null, ChannelWriter<TrainEvent>? events = null, IReadOnlyList<DataPart>? parts = null, bool answer = true, int ranks = 1, StartingPoint? from = null, Func<IObjective, IObjective>? watched = null)
    {
        using var engine = CpuEngine.Create(threads, matrix: recipe.Training.Bf16 ? MatrixPath.Bf16 : MatrixPath.Exact);
        using var built = new Built(engine, recipe, prepare);
        using var crew = ranks == 1 ? null : new Ranks.CrewOfThreads(recipe, ranks, other => new Built(other, recipe, prepare) is var copy ? (watched?.Invoke(copy.Objective) ?? copy.Objective, copy) : default);
        var run = new TrainRun { Recipe = recipe, Crew = crew?.Crew, Objective = watched?.Invoke(built.Objective) ?? built.Objective, Train = examples ?? Examples(24), Parts = parts, HeldOut = heldOut ?? [], Checkpoints = checkpoints, From = from, Identity = identity ?? RunIdentity.None };
        var channel = Channel.CreateUnbounded<TrainEvent>();
        var outcome = new Trainer(TimeProvider.System).Run(run, control ?? new RunControl(), events ?? channel.Writer);
        channel.Writer.Complete();
        var weights = new TrainedWeights(run.Objective).Tensors.ToDictionary(t => t.Name, t => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(engine.ToFloats(t.Tensor)))));
        return new(outcome, weights, [.. channel.Reader.ReadAllAsync().ToBlockingEnumerable()], answer ? Answered(run) : 0);
    }

    public static CheckpointStore Store(string folder, int fence, string scratch = "scratch", string job = "job") =>
        new(BlobStores.Open(Path.Combine(folder, "blobs"), TimeProvider.System), $"runs/{job}/{fence:D8}/checkpoints", $"runs/{job}/", Path.Combine(folder, $"{scratch}-{fence}"));

    /// <summary>Share of the run's facts that greedy decoding answers exactly, the stop token included.</summary>
    private static double Answered(TrainRun run)
    {
        var (engine, objective) = (run.Objective.Engine, (CausalObjective)run.Objective);
        using var noGrad = engine.NoGrad();
        var right = 0;
        foreach (var example in run.Train)
        {
            using var scope = engine.BeginScope();
            using var cache = new KvCache(engine, objective.Model.Config, 1, 64);
            var slot = cache.Open();
            var said = new List<int>();
            for (var next = example.Tokens[..6]; said.Count < 12 && (said.Count == 0 || said[^1] != End); next = [said[^1]])
            {
                var logits = engine.ToFloats(objective.Model.Append(cache, [new CacheAppend(slot, next)], objective.Adapter));
                said.Add(Array.IndexOf(logits, logits.Max()));
            }
            right += said.SequenceEqual(example.Tokens[6..]) ? 1 : 0;
        }
        return (double)right / run.Train.Count;
    }

    /// <summary>What a rank computes with: the same every time.</summary>
    private sealed class Built : IDisposable
    {
        private readonly Decoder _model;
        private readonly Decoder? _frozen;
        private readonly LoraAdapter? _adapter;

        public Built(IEngine engine, Recipe recipe, Action<Decoder>? prepare)
        {
            _model = Decoder.Create(engine, Config, 11);
            prepare?.Invoke(_model);
            _frozen = recipe.Lora is null ? null : Frozen(engine, _model, DecoderParts.Form(recipe));
            _adapter = AdapterParts.Lora(new(recipe, "", ""), "CAUSAL_LM") is { } lora ? LoraAdapter.Create(_frozen!, lora, (ulong)recipe.Seed) : null;
            Objective = new CausalObjective(_frozen ?? _model, _adapter, recipe);
        }

        public CausalObjective Objective { get; }

        public void Dispose()
        {
            _adapter?.Dispose();
            _frozen?.Dispose();
            _model.Dispose();
        }
    }

    private static Decoder Frozen(IEngine engine, Decoder model, WeightForm form)
    {
        var folder = Directory.CreateTempSubdirectory("temper-test-").FullName;
        try
        {
            SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), model.Sources(StoredType.F32));
            using var files = WeightFiles.Open(folder);
            return Decoder.Load(engine, Config, files, form: form);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

internal sealed record Trained(TrainOutcome Outcome, Dictionary<string, string> Weights, IReadOnlyList<TrainEvent> Events, double Answered)
{
    public double FinalLoss => Outcome.Log[^1].Values["loss"];

    /// <summary>The log as written, without what depends on the machine's speed.</summary>
    public string Log => LogText.Of(Outcome.Log);
}

/// <summary>A log as text, to be compared.</summary>
internal static class LogText
{
    /// <summary>Without what depends on the machine's speed.</summary>
    public static string Of(IEnumerable<StepMetrics> log) => string.Join('\n', log.Select(s =>
        $"{s.Step} {string.Join(' ', s.Values.Where(v => !MetricsLog.Rates.Contains(v.Key)).Select(v => FormattableString.Invariant($"{v.Key}={v.Value:R}")))}"));
}
