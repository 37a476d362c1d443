using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>How far the answers of files are from those of a model.</summary>
/// <param name="Worst">Largest difference of a number, as a share of the largest (or of 1, where that is smaller).</param>
/// <param name="Share">Root-mean-square difference, as a share of the answers' size.</param>
internal readonly record struct AnswerDifference(double Worst, double Share)
{
    /// <summary>Largest <see cref="Worst"/> where the files hold a merge in f32.</summary>
    private const double Exact = 1e-4;

    /// <summary>Largest <see cref="Share"/> where the merge was rounded to 16 bits.</summary>
    private const double Rounded = 0.05;

    public static AnswerDifference Of(float[] live, float[] stored) => new(
        live.Zip(stored, (a, b) => (double)Math.Abs(a - b)).Aggregate(0.0, (most, d) => double.IsNaN(d) || d > most ? d : most) / Math.Max(1, live.Max(MathF.Abs)),
        Math.Sqrt(live.Zip(stored, (a, b) => Math.Pow(a - b, 2)).Sum() / Math.Max(1e-30, live.Sum(a => Math.Pow(a, 2)))));

    /// <summary>The share, where merged files answer as they must.</summary>
    /// <exception cref="TemperException">Code <c>export_verification_failed</c>, with both figures.</exception>
    public double OfMerge(bool inF32)
    {
        var (found, allowed) = inF32 ? (Worst, Exact) : (Share, Rounded);
        return found <= allowed ? Share : throw new TemperException("export_verification_failed",
            FormattableString.Invariant($"Read back from its files, the merged model's answers differ from those of base and adapter by {found:P3} of their size; allowed is {allowed:P2}."));
    }
}
