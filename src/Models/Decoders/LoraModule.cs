using Temper.Core.Errors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>The tensors of an adapted module.</summary>
internal enum LoraPart
{
    A, B, Magnitude,
}

/// <summary>Writes numbers of a part from <paramref name="first"/> on.</summary>
internal delegate void FillPart(LoraPart part, long first, Span<float> target);

/// <summary>What an adapter adds to one linear module: A [r, in], B [out, r], and DoRA's lengths [out] or null.</summary>
internal sealed class LoraModule
{
    private LoraModule(string path, Tensor a, Tensor b, Tensor? magnitude, double scale) => (Path, A, B, Magnitude, Scale) = (path, a, b, magnitude, scale);

    public string Path { get; }

    public Tensor A { get; }

    public Tensor B { get; }

    public Tensor? Magnitude { get; }

    public double Scale { get; }

    /// <summary>DoRA's factors m / ‖W + s·B·A‖ [out], kept when nothing of the module is trained.</summary>
    public Tensor? Gain { get; private set; }

    /// <summary>The tensors under PEFT's names.</summary>
    public IEnumerable<NamedTensor> Tensors
    {
        get
        {
            yield return new NamedTensor(LoraFile.NameOf(Path, PartName(LoraPart.A)), A);
            yield return new NamedTensor(LoraFile.NameOf(Path, PartName(LoraPart.B)), B);
            if (Magnitude is not null) yield return new NamedTensor(LoraFile.NameOf(Path, PartName(LoraPart.Magnitude)), Magnitude);
        }
    }

    /// <summary>PEFT's ending of a tensor's name.</summary>
    public static string PartName(LoraPart part) => part switch
    {
        LoraPart.A => "lora_A.weight",
        LoraPart.B => "lora_B.weight",
        _ => "lora_magnitude_vector",
    };

    /// <summary>A module whose numbers <paramref name="fill"/> gives.</summary>
    public static LoraModule Make(AdaptedModel model, LoraConfig config, LinearModule target, bool trainable, FillPart fill)
    {
        var (engine, rank) = (model.Engine, config.RankOf(target.Path));
        if (rank > Math.Min(target.In, target.Out)) throw new TemperException("adapter_invalid", $"Adding an adapter: rank {rank} is larger than {target.Path} [{target.Out}, {target.In}] allows.");
        Tensor Part(LoraPart part, params long[] shape) => EngineWeights.Make(engine, shape, (first, values) => fill(part, first, values), trainable);
        var module = new LoraModule(target.Path, Part(LoraPart.A, rank, target.In), Part(LoraPart.B, target.Out, rank),
            config.UseDora ? Part(LoraPart.Magnitude, target.Out) : null, config.ScaleOf(target.Path));
        if (config.UseDora && !trainable)
        {
            using var scope = engine.BeginScope();
            module.Gain = scope.Keep(module.GainNow(model));
        }

        return module;
    }

    /// <summary>Lengths of the rows of a base's weight.</summary>
    public static float[] RowLengths(AdaptedModel model, string path)
    {
        using var scope = model.Engine.BeginScope();
        var weight = EngineWeights.Wide(model.Engine, model.Find(path + ".weight")!);
        var (values, columns) = (model.Engine.ToFloats(weight), (int)weight.Size(1));
        return [.. Enumerable.Range(0, values.Length / columns).Select(row =>
        {
            var sum = 0.0;
            foreach (var value in values.AsSpan(row * columns, columns)) sum += (double)value * value;
            return (float)Math.Sqrt(sum);
        })];
    }

    /// <summary>g·(W·x + s·B·A·x) + b with g = m / ‖W + s·B·A‖; no gradient flows through the lengths (Liu et al. 2024, section 4.3). With dropout, as PEFT
    /// does, W·x is dropped in these terms too: y + (g - 1)·W·x' + g·s·B·A·x'.</summary>
    public Tensor ApplyDora(AdaptedModel model, Tensor x, Tensor y, DropoutSpec dropout)
    {
        var engine = model.Engine;
        if (dropout.P == 0 && model.Find(Path + ".bias") is null) return engine.Mul(engine.LoraAdd(y, x, A, B, Scale), Gain ?? GainNow(model));
        var seen = engine.Dropout(x, dropout);
        var plain = engine.Linear(seen, model.Find(Path + ".weight")!);
        var turned = engine.Mul(engine.LoraAdd(plain, seen, A, B, Scale), Gain ?? GainNow(model));
        return engine.Add(engine.Add(y, engine.Scale(plain, -1)), turned);
    }

    /// <summary>The numbers for a merge.</summary>
    public LoraMerge.Part ToPart(IEngine engine) => new(Path, (int)A.Size(0), Scale, engine.ToFloats(A), engine.ToFloats(B), Magnitude is null ? null : engine.ToFloats(Magnitude));

    /// <summary>The lengths' roots and reciprocals are taken on the host: they are few, and constants of the graph.</summary>
    private Tensor GainNow(AdaptedModel model)
    {
        var engine = model.Engine;
        Tensor inverse;
        using (engine.NoGrad())
        {
            using var scope = engine.BeginScope();
            var whole = engine.Add(EngineWeights.Wide(engine, model.Find(Path + ".weight")!), engine.Scale(engine.Linear(B, engine.Transpose(A, 0, 1)), Scale));
            var squares = engine.ToDoubles(engine.Sum(engine.Mul(whole, whole), 1));
            inverse = scope.Keep(engine.FromDoubles([.. squares.Select(square => 1 / Math.Sqrt(square))], squares.Length));
        }

        return engine.Mul(Magnitude!, inverse);
    }
}
