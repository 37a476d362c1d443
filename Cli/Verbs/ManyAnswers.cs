using Temper.Cli.Output;
using Temper.Core.Datasets;
using Temper.Core.Registry;
using Temper.Training.Suites;

namespace Temper.Cli.Verbs;

/// <summary>Asks a model many questions over <c>/v1/chat/completions</c>, several at a time as a busy server would be asked.</summary>
internal static class ManyAnswers
{
    private const int AtATime = 8;

    /// <summary>Answers in the order of the questions.</summary>
    public static async Task<IReadOnlyList<ChatAnswer>> AskAsync(RegistryClient registry, Terminal terminal, string title, string model, IReadOnlyList<IReadOnlyList<ChatTurn>> questions, AnswerSettings how, CancellationToken ct)
    {
        var answers = new ChatAnswer[questions.Count];
        var done = 0;
        using var progress = terminal.Progress(title);
        var client = new ChatStream(registry.Http, model, how.Temperature, how.Seed, how.MaxTokens);
        await Parallel.ForEachAsync(Enumerable.Range(0, questions.Count), new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = ct }, async (i, stop) =>
        {
            answers[i] = await client.AskAsync(questions[i], _ => { }, stop);
            lock (answers)
                progress.Show((double)++done / answers.Length, $"{done} of {answers.Length} questions");
        });
        return answers;
    }
}
