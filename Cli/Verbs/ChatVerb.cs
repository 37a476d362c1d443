using System.CommandLine;
using Temper.Cli.Output;
using Temper.Core.Datasets;
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
        using var registry = GlobalOptions.Connect(parsed);
        var conversation = new List<ChatTurn>();
        if (parsed.GetValue(System) is { } system)
            conversation.Add(new("system", system));
        var client = new ChatStream(registry.Http, model, parsed.GetValue(Temperature), parsed.GetValue(Seed), parsed.GetValue(MaxTokens));
        if (prompt is not null)
            return await AskAsync(terminal, client, conversation, prompt, ct);
        var asks = !Console.IsInputRedirected;
        while (true)
        {
            if (asks)
                Console.Error.Write("> ");
            if (await Console.In.ReadLineAsync(ct) is not { } line)
                return 0;
            if (line.Length > 0)
                await AskAsync(terminal, client, conversation, line, ct);
        }
    }

    private static async Task<int> AskAsync(Terminal terminal, ChatStream client, List<ChatTurn> conversation, string prompt, CancellationToken ct)
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
        return 0;
    }
}
