using Temper.Core.Errors;
using Temper.Core.Safetensors;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Objectives;
using Temper.Training.Recipes;

namespace Temper.Training.Checkpoints;

/// <summary>The tensors that a run changes: an adapter's, or the model's own.</summary>
internal sealed class TrainedWeights
{
    private readonly IEngine _engine;
    private readonly IObjective _objective;

    public TrainedWeights(IObjective objective)
    {
        (_engine, _objective) = (objective.Engine, objective);
        Tensors = objective.Trained;
    }

    public IReadOnlyList<NamedTensor> Tensors { get; }

    /// <summary>File of a checkpoint that holds them; the names are those of Hugging Face and PEFT.</summary>
    public string FileName => AdapterConfig is null ? "model.safetensors" : "adapter_model.safetensors";

    public byte[]? AdapterConfig => _objective.AdapterConfig;

    public long Count => Tensors.Sum(t => t.Tensor.Count);

    /// <summary>Weight decay is for matrices; biases and norm weights, which are vectors, have none (as in Hugging Face's trainer). With LoRA+ (Hayou et al.
    /// 2024, arXiv:2402.12354), B learns faster than A.</summary>
    public IOptimizer Optimizer(Recipe recipe)
    {
        var (settings, ratio) = (recipe.Training, recipe.Lora?.LoraplusLrRatio ?? 1);
        double ScaleOf(string name) => _objective.RateScale(name) * (name.EndsWith(".lora_B.weight", StringComparison.Ordinal) ? ratio : 1);
        var groups = Tensors.GroupBy(t => (Scale: ScaleOf(t.Name), Vector: t.Tensor.Rank <= 1)).OrderByDescending(g => g.Key.Scale).ThenBy(g => g.Key.Vector)
            .Select(g => new ParameterGroup([.. g.Select(t => t.Tensor)], g.Key.Vector ? 0 : settings.WeightDecay, g.Key.Scale)).ToArray();
        var optimizer = settings.Parts.Optimizers[settings.Optim ?? "adamw"];
        return optimizer.Make(new(_engine, groups, settings, new(optimizer, settings.OptimArgs)));
    }

    /// <summary>Copies of all values, which the run may then change.</summary>
    public IReadOnlyList<TensorSource> Copy() => [.. Tensors.Select(t => TensorSource.Of(t.Name, t.Tensor.Shape.ToArray(), _engine.ToFloats(t.Tensor)))];

    /// <summary>Takes in the values of a file that <see cref="Copy"/> was written to.</summary>
    /// <exception cref="TemperException"><c>checkpoint_corrupt</c>: names or shapes are not those of this run; then nothing has changed.</exception>
    public void Restore(string path)
    {
        using var file = SafetensorsReader.Open(path);
        var stored = Tensors.Select(t => file.Find(t.Name)).ToArray();
        for (var i = 0; i < stored.Length; i++)
            if (stored[i] is null || stored[i]!.Type != StoredType.F32 || !stored[i]!.Shape.SequenceEqual(Tensors[i].Tensor.Shape.ToArray()))
                throw new TemperException("checkpoint_corrupt", $"{FileName} should hold {Tensors[i].Name} as {Tensors[i].Tensor}, found {(stored[i] is { } s ? $"{s.Type} [{string.Join(", ", s.Shape)}]" : "nothing")}.");
        for (var i = 0; i < stored.Length; i++)
        {
            var values = new float[Tensors[i].Tensor.Count];
            file.ReadFloats(stored[i]!, 0, values);
            _engine.SetFloats(Tensors[i].Tensor, values);
        }
    }
}
