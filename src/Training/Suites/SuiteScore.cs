namespace Temper.Training.Suites;

/// <summary>What a model said to a case.</summary>
/// <param name="Case">Of the suite.</param>
/// <param name="Answer">Its whole answer.</param>
/// <param name="Stopped">Whether it ended by itself; false when it was cut at <see cref="AnswerSettings.MaxTokens"/>.</param>
public sealed record SuiteAnswer(SuiteCase Case, string Answer, bool Stopped);

/// <summary>How an answer was judged.</summary>
/// <param name="Id">Of the case.</param>
/// <param name="Answer">What the model said.</param>
/// <param name="Stopped">Whether it ended by itself.</param>
/// <param name="Passed">Right: every check passed or, where there is none, <see cref="ExactMatch"/>.</param>
public sealed record CaseResult(string Id, string Answer, bool Stopped, bool Passed)
{
    /// <summary>Equal to an expected answer, white space at the ends apart, and ended by itself; null where none is expected.</summary>
    public bool? ExactMatch { get; init; }

    /// <summary><see cref="Suites.RougeL"/> against the nearest expected answer; null where none is expected.</summary>
    public double? RougeL { get; init; }

    /// <summary>Checks that did not pass, with the reason.</summary>
    public IReadOnlyList<string> Failed { get; init; } = [];
}

/// <summary>A suite's result.</summary>
/// <param name="Metrics">
/// <c>cases</c>, <c>passed</c> (share of cases that passed), <c>stopped</c> (share of answers that ended by themselves); where answers are expected <c>exact_match</c>
/// and <c>rouge_l</c>; where there are checks <c>checks_passed</c>; of classes <c>accuracy</c> and <c>macro_f1</c>; of texts <c>perplexity</c>, <c>token_accuracy</c>.
/// </param>
/// <param name="Cases">In the suite's order.</param>
public sealed record SuiteScore(SortedDictionary<string, double> Metrics, IReadOnlyList<CaseResult> Cases)
{
    /// <summary>Of a suite of classes.</summary>
    public ClassReport? Classes { get; init; }

    /// <summary>Judges answers.</summary>
    public static SuiteScore Of(Suite suite, IReadOnlyList<SuiteAnswer> answers)
    {
        var results = answers.Select(Judge).ToArray();
        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            ["cases"] = results.Length,
            ["passed"] = Share(results, r => r.Passed),
            ["stopped"] = Share(results, r => r.Stopped),
        };
        if (results.Where(r => r.ExactMatch is not null).ToArray() is { Length: > 0 } expected)
        {
            metrics["exact_match"] = Share(expected, r => r.ExactMatch == true);
            metrics["rouge_l"] = expected.Average(r => r.RougeL!.Value);
        }
        if (answers.Zip(results).Where(x => x.First.Case.Checks.Count > 0).Select(x => x.Second).ToArray() is { Length: > 0 } judged)
            metrics["checks_passed"] = Share(judged, r => r.Failed.Count == 0);
        if (!suite.Classification)
            return new(metrics, results);
        var classes = ClassReport.Of([.. answers.Select(a => (a.Case.Expected[0].Trim(), a.Answer.Trim()))]);
        (metrics["accuracy"], metrics["macro_f1"]) = (classes.Accuracy, classes.MacroF1);
        return new(metrics, results) { Classes = classes };
    }

    private static CaseResult Judge(SuiteAnswer said)
    {
        var (expected, answer) = (said.Case.Expected, said.Answer.Trim());
        bool? exact = expected.Count == 0 ? null : said.Stopped && expected.Any(e => e.Trim() == answer);
        string[] failed = [.. said.Case.Checks.Select(c => c.Why(answer, expected)).OfType<string>()];
        // Where checks stand beside expected answers, the checks decide: expected answers then only measure.
        var passed = failed.Length == 0 && (said.Case.Checks.Count > 0 || exact == true);
        return new(said.Case.Id, said.Answer, said.Stopped, passed) { ExactMatch = exact, RougeL = expected.Count == 0 ? null : Suites.RougeL.Best(answer, expected), Failed = failed };
    }

    private static double Share(CaseResult[] results, Func<CaseResult, bool> holds) => results.Length == 0 ? 0 : results.Count(holds) / (double)results.Length;
}
