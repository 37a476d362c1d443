using System.CommandLine;
using Temper.Cli.Output;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Registry;

namespace Temper.Cli.Verbs;

internal static class ChatVerb
{
    private static readonly Option<string?> System = new("--system") { Description = "System message", HelpName = "TEXT" };
    private static readonly Option<double> Temperature = new("--temperature") { Description = "0 always takes the likeliest token", DefaultValueFactory = _ => 0 };
    private static readonly Option<int?> Seed = new("--seed") { Description = "Same seed, same text", HelpName = "N" };
    private static readonly Option<int> MaxTokens = new("--max-tokens") { Description = "Longest answer, in tokens", DefaultValueFactory = _ => 256, HelpName = "N" };

    public static Command Build()
    {
        var model = new Argument<string>("model") { Description = "NAME, NAME:VERSION or NAME@ALIAS", HelpName = "MODEL" };
        var prompt = new Argument<string?>("prompt") { Description = "One question; without it, a conversation begins (Ctrl-D ends it)", Arity = ArgumentArity.ZeroOrOne, HelpName = "PROMPT" };
        var command = new Command("chat", """
            Ask a model.

            Examples:
              temper chat support-bot "How do I reset it?"
              temper chat support-bot:1 --temperature 0.7 --seed 1
              echo "How do I reset it?" | temper chat support-bot
            """) { model, prompt, System, Temperature, Seed, MaxTokens };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(model)!, parsed.GetValue(prompt), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string model, string? prompt, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        var conversation = Opening(parsed, prompt);
        using var registry = GlobalOptions.Connect(parsed);
        var client = new ChatStream(registry.Http, model, parsed.GetValue(Temperature), parsed.GetValue(Seed), parsed.GetValue(MaxTokens));
        if (prompt is not null)
            await AskAsync(terminal, client, conversation, prompt, ct);
        else if (Console.IsInputRedirected)
            await AnswerLinesAsync(terminal, client, conversation, ct);
        else
            await ConverseAsync(terminal, client, conversation, ct);
        return 0;
    }

    /// <summary>What stands before the first question, when all that was given can be sent.</summary>
    private static List<ChatTurn> Opening(ParseResult parsed, string? prompt)
    {
        if (parsed.GetValue(MaxTokens) < 1)
            throw new TemperException("usage", $"--max-tokens must be 1 or more; it is {parsed.GetValue(MaxTokens)}.");
        if (parsed.GetValue(Temperature) is not (>= 0 and <= 2))
            throw new TemperException("usage", FormattableString.Invariant($"--temperature must be 0 to 2; it is {parsed.GetValue(Temperature)}."));
        if (prompt is not null && string.IsNullOrWhiteSpace(InputText.Argument("PROMPT", prompt)))
            throw new TemperException("usage", "The prompt is blank.", "Write a question, or leave it out to begin a conversation.");
        return parsed.GetValue(System) is { } system ? [new("system", InputText.Argument("--system", system))] : [];
    }

    private static async Task AnswerLinesAsync(Terminal terminal, ChatStream client, List<ChatTurn> conversation, CancellationToken ct)
    {
        var asked = false;
        await foreach (var line in InputText.LinesAsync(ct))
            if (!string.IsNullOrWhiteSpace(line))
            {
                asked = true;
                await AskAsync(terminal, client, conversation, line, ct);
            }
        if (!asked)
            throw new TemperException("usage", "Standard input holds no question.", "Write one a line.");
    }

    /// <summary>Questions until Ctrl-D. One that fails is taken back, and the conversation goes on.</summary>
    private static async Task ConverseAsync(Terminal terminal, ChatStream client, List<ChatTurn> conversation, CancellationToken ct)
    {
        while (true)
        {
            Console.Error.Write("> ");
            if (await Console.In.ReadLineAsync(ct) is not { } line)
                return;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            var before = conversation.Count;
            try
            {
                await AskAsync(terminal, client, conversation, InputText.Argument("The question", line), ct);
            }
            catch (TemperException e)
            {
                conversation.RemoveRange(before, conversation.Count - before);
                Failure.Report(e, terminal);
            }
        }
    }

    private static async Task AskAsync(Terminal terminal, ChatStream client, List<ChatTurn> conversation, string prompt, CancellationToken ct)
    {
        conversation.Add(new("user", prompt));
        var answer = await client.AskAsync(conversation, piece =>
        {
            if (!terminal.Json)
                Console.Out.Write(piece);
        }, ct);
        conversation.Add(new("assistant", answer.Text));
        terminal.Line();
        terminal.Document(new { role = "assistant", content = answer.Text, finish_reason = answer.FinishReason });
        if (answer.FinishReason == "length")
            terminal.Note("[yellow]cut[/] at --max-tokens");
    }
}
