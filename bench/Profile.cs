using Temper.Models;
using Temper.Tensors;

namespace Temper.Bench;

/// <summary>Where measured time went, as shares of it. Matrix products count as products wherever they are asked for, but for those of attention and loss.</summary>
internal static class Profile
{
    public static Dictionary<string, object> Of(OperationClock clock, double seconds)
    {
        var times = clock.Times();
        double Share(Func<OperationTime, bool> which, Func<OperationTime, TimeSpan> part) => Math.Round(times.Where(which).Sum(t => part(t).TotalSeconds) / seconds, 3);
        static bool Own(OperationTime t) => Part(t.Operation) is "attention" or "loss" or "optimizer";
        var shares = new Dictionary<string, object> { ["gemm"] = Share(t => !Own(t), t => t.InProducts) };
        foreach (var part in new[] { "attention", "loss", "optimizer" }) shares[part] = Share(t => Part(t.Operation) == part, t => t.Time);
        shares["rest"] = Math.Round(1 - shares.Values.Cast<double>().Sum(), 3);
        foreach (var operation in times.GroupBy(t => t.Operation).Where(g => !Own(g.First())).Select(g => (Name: g.Key, Time: g.Sum(t => (t.Time - t.InProducts).TotalSeconds) / seconds)).OrderByDescending(g => g.Time).Take(8))
            shares["rest_" + operation.Name] = Math.Round(operation.Time, 3);
        return shares;
    }

    /// <summary>What the forms of weights are called on the command line.</summary>
    public static string Name(this WeightForm form) => form == WeightForm.Real ? "fp32" : form.ToString().ToLowerInvariant();

    /// <summary>Bytes of one number of a matrix, scales included.</summary>
    public static double BytesOf(this WeightForm form, string weight) => form switch
    {
        WeightForm.BF16 => 2,
        WeightForm.Int8 => 1.125,
        // Tables and heads are kept in BF16.
        WeightForm.NF4 => weight.Contains("_proj", StringComparison.Ordinal) ? 0.5625 : 2,
        _ => 4,
    };

    private static string Part(string operation) => operation switch
    {
        "attention" => "attention",
        "adamw" => "optimizer",
        "linear_cross_entropy" or "token_log_probs" => "loss",
        _ => "rest",
    };
}
