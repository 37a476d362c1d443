using System.ClientModel;
using OpenAI.Chat;

namespace Temper.Serving.Tests;

[Collection("server")]
public sealed class OpenAiClientTests(ServingServer server)
{
    private static readonly ChatCompletionOptions Greedy = new() { Temperature = 0, MaxOutputTokenCount = 24 };

    private ChatClient Tuned => server.OpenAi().GetChatClient("tuned");

    [Fact]
    public async Task A_chat_is_answered_with_text_reason_and_usage()
    {
        var answer = (await Tuned.CompleteChatAsync([ChatMessage.CreateUserMessage("hello")], Greedy)).Value;
        Assert.StartsWith("chatcmpl-", answer.Id);
        Assert.Equal("tuned:1", answer.Model);
        Assert.NotEmpty(answer.Content[0].Text);
        Assert.Contains(answer.FinishReason, (ChatFinishReason[])[ChatFinishReason.Stop, ChatFinishReason.Length]);
        Assert.InRange(answer.Usage.OutputTokenCount, 1, 24);
        Assert.Equal(answer.Usage.TotalTokenCount, answer.Usage.InputTokenCount + answer.Usage.OutputTokenCount);
    }

    [Fact]
    public async Task A_stream_gives_the_same_text_and_ends_with_usage()
    {
        var whole = (await Tuned.CompleteChatAsync([ChatMessage.CreateUserMessage("hello")], Greedy)).Value;
        var updates = await Tuned.CompleteChatStreamingAsync([ChatMessage.CreateUserMessage("hello")], Greedy).ToListAsync();
        Assert.Equal(ChatMessageRole.Assistant, updates[0].Role);
        Assert.Equal(whole.Content[0].Text, string.Concat(updates.SelectMany(update => update.ContentUpdate).Select(part => part.Text)));
        Assert.Equal(whole.FinishReason, Assert.Single(updates, update => update.FinishReason is not null).FinishReason);
        Assert.Equal(whole.Usage.TotalTokenCount, updates[^1].Usage.TotalTokenCount);
    }

    [Fact]
    public async Task A_server_with_a_key_answers_those_who_have_it_and_nobody_else()
    {
        var (_, address) = await server.StartAsync(options => options with { ApiKey = "unused" });
        var models = ServingServer.OpenAi(address).GetOpenAIModelClient();
        Assert.NotEmpty((await models.GetModelsAsync()).Value);
        var (_, closed) = await server.StartAsync(options => options with { ApiKey = "another" });
        var refused = await Assert.ThrowsAsync<ClientResultException>(() => ServingServer.OpenAi(closed).GetChatClient("tuned").CompleteChatAsync([ChatMessage.CreateUserMessage("hello")]));
        Assert.Equal(401, refused.Status);
    }

    [Fact]
    public async Task Models_are_listed_and_found_by_any_reference()
    {
        var models = server.OpenAi().GetOpenAIModelClient();
        Assert.Equal(["tiny", "tuned"], (await models.GetModelsAsync()).Value.Select(model => model.Id));
        foreach (var id in (string[])["tuned", "tuned:2", "tuned@latest"])
            Assert.Equal(id, (await models.GetModelAsync(id)).Value.Id);
    }

    [Fact]
    public async Task An_unknown_model_is_not_found()
    {
        var error = await Assert.ThrowsAsync<ClientResultException>(() => server.OpenAi().GetChatClient("nobody").CompleteChatAsync("hello"));
        Assert.Equal(404, error.Status);
        Assert.Contains("model_not_found", error.Message, StringComparison.Ordinal);
        Assert.Equal(404, (await Assert.ThrowsAsync<ClientResultException>(() => server.OpenAi().GetOpenAIModelClient().GetModelAsync("nobody"))).Status);
        var folder = await Assert.ThrowsAsync<ClientResultException>(() => server.OpenAi().GetChatClient("/etc").CompleteChatAsync("hello"));
        Assert.Equal(404, folder.Status);
    }

    [Fact]
    public async Task A_prompt_that_leaves_no_room_is_refused_with_both_numbers()
    {
        var prompt = string.Concat(Enumerable.Repeat("five dozen liquor jugs ", 200));
        var error = await Assert.ThrowsAsync<ClientResultException>(() => Tuned.CompleteChatAsync([ChatMessage.CreateUserMessage(prompt)], Greedy));
        Assert.Equal(400, error.Status);
        Assert.Contains("context_length_exceeded", error.Message, StringComparison.Ordinal);
        Assert.Matches($"maximum context length is {TinyModels.Context} tokens.*requested [0-9]+ tokens \\([0-9]+ in the messages, 24 in the completion\\)", error.Message);
    }

    [Fact]
    public async Task The_limit_of_tokens_ends_an_answer_with_length()
    {
        var options = Endless(new() { MaxOutputTokenCount = 5 });
        var answer = (await Tuned.CompleteChatAsync([ChatMessage.CreateUserMessage("hello")], options)).Value;
        Assert.Equal(ChatFinishReason.Length, answer.FinishReason);
        Assert.Equal(5, answer.Usage.OutputTokenCount);
    }

    [Fact]
    public async Task The_end_of_the_turn_ends_an_answer_with_stop()
    {
        var options = new ChatCompletionOptions { MaxOutputTokenCount = 50 };
        options.LogitBiases[1] = 100;
        var answer = (await Tuned.CompleteChatAsync([ChatMessage.CreateUserMessage("hello")], options)).Value;
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.Equal(1, answer.Usage.OutputTokenCount);
        Assert.Equal("", string.Concat(answer.Content.Select(part => part.Text)));
    }

    /// <summary>Forbids the token that ends a turn, which is the second of the vocabulary.</summary>
    internal static ChatCompletionOptions Endless(ChatCompletionOptions options)
    {
        options.LogitBiases[1] = -100;
        return options;
    }
}
