using Temper.Core.Errors;
using Temper.Core.Safetensors;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Objectives;

namespace Temper.Training.Jobs;

/// <summary>Compares a model with its own files, read back.</summary>
internal static class Verification
{
    private const int MostTokens = 256;

    /// <summary>Largest difference of a logit when the files hold the very numbers of the model.</summary>
    private const double Exact = 1e-5;

    /// <summary>Largest root-mean-square difference, as a share of that of the logits, when the files hold rounded numbers (BF16, F16).</summary>
    private const double Rounded = 0.05;

    /// <summary>Loads <paramref name="folder"/> and compares logits on an example.</summary>
    /// <exception cref="TemperException">Code <c>export_verification_failed</c>, with both figures.</exception>
    public static void Check(CausalObjective run, TrainExample example, string folder)
    {
        var probe = example.Tokens.Take(MostTokens).ToArray();
        var batch = new PackedBatch(probe, [probe.Length]);
        var live = Logits(run.Model, run.Adapter, batch);
        var exact = run.Adapter is not null || run.Model.Config.WeightType == StoredType.F32;
        Compare(live, Stored(run, folder, batch), exact);
    }

    private static float[] Stored(CausalObjective run, string folder, PackedBatch batch)
    {
        if (run.Adapter is not null)
        {
            using var adapter = LoraAdapter.Load(run.Model, folder);
            return Logits(run.Model, adapter, batch);
        }
        using var files = ModelFolder.Open(folder, checkFinite: true);
        using var model = files.LoadDecoder(run.Model.Engine);
        return Logits(model, null, batch);
    }

    private static float[] Logits(Decoder model, LoraAdapter? adapter, PackedBatch batch)
    {
        using var frozen = model.Engine.NoGrad();
        using var scope = model.Engine.BeginScope();
        return model.Engine.ToFloats(model.Logits(model.Hidden(batch, new ForwardOptions { Adapter = adapter })));
    }

    private static void Compare(float[] live, float[] stored, bool exact)
    {
        var worst = live.Zip(stored, (a, b) => (double)Math.Abs(a - b)).Aggregate(0.0, (m, d) => double.IsNaN(d) || d > m ? d : m);
        var share = Math.Sqrt(live.Zip(stored, (a, b) => Math.Pow(a - b, 2)).Sum() / Math.Max(1e-30, live.Sum(a => Math.Pow(a, 2))));
        if (live.Length == stored.Length && (exact ? worst <= Exact : share <= Rounded))
            return;
        throw new TemperException("export_verification_failed",
            FormattableString.Invariant($"Read back from its files, the model's logits differ by up to {worst:G3} ({share:P2} of their size); allowed is {(exact ? $"{Exact:G3}" : $"{Rounded:P0}")}."));
    }
}
