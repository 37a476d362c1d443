using System.Globalization;

namespace Temper.Training.Suites;

/// <summary>
/// ROUGE-L of one sentence (Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries"): with L the length of the longest common subsequence of
/// words, precision L / words of the answer and recall L / words of the reference, F = 2PR / (P + R). Words are runs of letters and digits, lower case;
/// nothing is stemmed.
/// </summary>
public static class RougeL
{
    /// <summary>F-measure in [0, 1]; 1 for two texts without words.</summary>
    public static double Of(string answer, string reference)
    {
        var (a, b) = (Words(answer), Words(reference));
        if (a.Count == 0 || b.Count == 0)
            return a.Count == b.Count ? 1 : 0;
        var common = Common(a, b);
        return 2.0 * common / (a.Count + b.Count);
    }

    /// <summary>The best against any of the references; 0 without any.</summary>
    public static double Best(string answer, IReadOnlyList<string> references) => references.Count == 0 ? 0 : references.Max(r => Of(answer, r));

    internal static IReadOnlyList<string> Words(string text)
    {
        var (words, start) = (new List<string>(), -1);
        var lower = text.ToLower(CultureInfo.InvariantCulture);
        for (var i = 0; i <= lower.Length; i++)
        {
            var inside = i < lower.Length && char.IsLetterOrDigit(lower[i]);
            if (inside && start < 0)
                start = i;
            else if (!inside && start >= 0)
            {
                words.Add(lower[start..i]);
                start = -1;
            }
        }
        return words;
    }

    private static int Common(IReadOnlyList<string> a, IReadOnlyList<string> b)
    {
        var row = new int[b.Count + 1];
        foreach (var word in a)
        {
            var diagonal = 0;
            for (var j = 1; j <= b.Count; j++)
            {
                var above = row[j];
                row[j] = word == b[j - 1] ? diagonal + 1 : Math.Max(above, row[j - 1]);
                diagonal = above;
            }
        }
        return row[^1];
    }
}
