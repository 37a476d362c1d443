using Temper.Core.Errors;
using Temper.Core.Safetensors;
using Temper.Models;
using Temper.Tensors;

namespace Temper.Training.Tasks;

/// <summary>Compares a model with its own files, read back.</summary>
internal static class Verification
{
    private const int MostTokens = 256;

    /// <summary>Largest difference of a logit when the files hold the very numbers of the model.</summary>
    private const double Exact = 1e-5;

    /// <summary>Largest root-mean-square difference, as a share of that of the logits, when the files hold rounded numbers (BF16, F16).</summary>
    private const double Rounded = 0.05;

    /// <summary>Loads <paramref name="folder"/> and compares logits on <paramref name="tokens"/>.</summary>
    /// <exception cref="TemperException">Code <c>export_verification_failed</c>, with both figures.</exception>
    public static void Check(Decoder model, LoraAdapter? adapter, int[] tokens, string folder)
    {
        var probe = tokens.Take(MostTokens).ToArray();
        var batch = new PackedBatch(probe, [probe.Length]);
        var live = Answers(model, adapter, batch);
        Compare(live, Stored(model, adapter is not null, folder, batch), adapter is not null || model.Config.WeightType == StoredType.F32);
    }

    private static float[] Stored(Decoder live, bool adapted, string folder, PackedBatch batch)
    {
        if (adapted)
        {
            using var adapter = LoraAdapter.Load(live, folder);
            return Answers(live, adapter, batch);
        }
        using var files = ModelFolder.Open(folder, checkFinite: true);
        using var model = files.LoadDecoder(live.Engine);
        return Answers(model, null, batch);
    }

    private static float[] Answers(Decoder model, LoraAdapter? adapter, PackedBatch batch)
    {
        using var frozen = model.Engine.NoGrad();
        using var scope = model.Engine.BeginScope();
        var options = new ForwardOptions { Adapter = adapter };
        return model.Engine.ToFloats(model.Config.Head == ModelHead.Classification ? model.Classify(batch, options) : model.Logits(model.Hidden(batch, options), adapter));
    }

    /// <summary>Compares answers of a model with those of its files.</summary>
    /// <param name="live">Of the model.</param>
    /// <param name="stored">Of the files.</param>
    /// <param name="exact">Whether the files hold the very numbers of the model, or rounded ones.</param>
    public static void Compare(float[] live, float[] stored, bool exact)
    {
        var worst = live.Zip(stored, (a, b) => (double)Math.Abs(a - b)).Aggregate(0.0, (m, d) => double.IsNaN(d) || d > m ? d : m);
        var share = Math.Sqrt(live.Zip(stored, (a, b) => Math.Pow(a - b, 2)).Sum() / Math.Max(1e-30, live.Sum(a => Math.Pow(a, 2))));
        if (live.Length == stored.Length && (exact ? worst <= Exact : share <= Rounded))
            return;
        throw new TemperException("export_verification_failed",
            FormattableString.Invariant($"Read back from its files, the model's logits differ by up to {worst:G3} ({share:P2} of their size); allowed is {(exact ? $"{Exact:G3}" : $"{Rounded:P0}")}."));
    }
}
