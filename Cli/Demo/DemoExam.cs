using Temper.Cli.Output;
using Temper.Cli.Verbs;
using Temper.Core.Datasets;
using Temper.Core.Registry;

namespace Temper.Cli.Demo;

/// <summary>A question, what was expected and what the model said.</summary>
internal sealed record DemoAnswer(DemoQuestion Asked, string Said, bool Stopped)
{
    public bool Right => Stopped && Said == Asked.Answer;
}

/// <summary>Asks a model all questions.</summary>
internal sealed class DemoExam(RegistryClient registry, Terminal terminal)
{
    private const int LongestAnswer = 48;

    /// <summary>Answers in the order of the questions, at temperature 0. An answer of <see cref="LongestAnswer"/> tokens was cut: it did not stop by itself.</summary>
    public async Task<IReadOnlyList<DemoAnswer>> AskAsync(string title, string model, IReadOnlyList<DemoQuestion> questions, CancellationToken ct)
    {
        var answers = await ManyAnswers.AskAsync(registry, terminal, title, model, [.. questions.Select(q => (IReadOnlyList<ChatTurn>)[new("user", q.Question)])], new() { MaxTokens = LongestAnswer }, ct);
        return [.. questions.Zip(answers, (asked, answer) => new DemoAnswer(asked, answer.Text, answer.FinishReason == "stop"))];
    }

    /// <summary>Share of right answers, rounded to a tenth of a percent.</summary>
    public static double Score(IReadOnlyList<DemoAnswer> answers) => Math.Round(answers.Count(a => a.Right) / (double)answers.Count, 3);
}
