using Temper.Cli.Output;
using Temper.Cli.Verbs;
using Temper.Core.Registry;

namespace Temper.Cli.Demo;

/// <summary>A question, what was expected and what the model said.</summary>
internal sealed record DemoAnswer(DemoQuestion Asked, string Said, bool Stopped)
{
    public bool Right => Stopped && Said == Asked.Answer;
}

/// <summary>Asks a model all questions over <c>/v1/chat/completions</c>, several at a time as a busy server would be asked.</summary>
internal sealed class DemoExam(RegistryClient registry, Terminal terminal)
{
    private const int AtATime = 8, LongestAnswer = 48;

    /// <summary>Answers in the order of the questions, at temperature 0. An answer of <see cref="LongestAnswer"/> tokens was cut: it did not stop by itself.</summary>
    public async Task<IReadOnlyList<DemoAnswer>> AskAsync(string title, string model, IReadOnlyList<DemoQuestion> questions, CancellationToken ct)
    {
        var answers = new DemoAnswer[questions.Count];
        var done = 0;
        using var progress = terminal.Progress(title);
        await Parallel.ForEachAsync(Enumerable.Range(0, questions.Count), new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = ct }, async (i, stop) =>
        {
            var answer = await new ChatStream(registry.Http, model, temperature: 0, seed: null, LongestAnswer).AskAsync([new("user", questions[i].Question)], _ => { }, stop);
            answers[i] = new(questions[i], answer.Text, answer.FinishReason == "stop");
            lock (answers)
                progress.Show((double)++done / answers.Length, $"{done} of {answers.Length} questions");
        });
        return answers;
    }

    /// <summary>Share of right answers, rounded to a tenth of a percent.</summary>
    public static double Score(IReadOnlyList<DemoAnswer> answers) => Math.Round(answers.Count(a => a.Right) / (double)answers.Count, 3);
}
