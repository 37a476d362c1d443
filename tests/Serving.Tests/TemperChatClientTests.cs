using Microsoft.Extensions.AI;
using Temper.Core.Errors;

namespace Temper.Serving.Tests;

/// <summary>What an <see cref="IChatClient"/> over our models does, wherever they run.</summary>
public abstract class TemperChatClientContract
{
    private static readonly ChatOptions Greedy = new() { Temperature = 0, MaxOutputTokens = 20 };

    protected abstract IChatClient ClientOf(string model);

    [Fact]
    public async Task A_response_has_text_model_reason_and_usage()
    {
        using var client = ClientOf("tuned");
        var response = await client.GetResponseAsync("hello", Greedy);
        Assert.NotEmpty(response.Text);
        Assert.Equal("tuned:1", response.ModelId);
        Assert.StartsWith("chatcmpl-", response.ResponseId);
        Assert.NotNull(response.FinishReason);
        Assert.InRange(response.Usage!.OutputTokenCount!.Value, 1, 20);
        Assert.Equal(response.Usage.TotalTokenCount, response.Usage.InputTokenCount + response.Usage.OutputTokenCount);
    }

    [Fact]
    public async Task Updates_add_up_to_the_response()
    {
        using var client = ClientOf("tuned");
        var updates = await client.GetStreamingResponseAsync("hello", Greedy).ToListAsync();
        Assert.Equal((await client.GetResponseAsync("hello", Greedy)).Text, string.Concat(updates.Select(update => update.Text)));
        Assert.Single(updates.Select(update => update.ResponseId).Distinct());
        Assert.Single(updates, update => update.FinishReason is not null);
        Assert.IsType<UsageContent>(Assert.Single(updates[^1].Contents, content => content is UsageContent));
    }

    [Fact]
    public async Task Options_reach_the_model()
    {
        using var client = ClientOf("tuned");
        var seeded = new ChatOptions { Temperature = 0.7f, TopP = 0.9f, TopK = 40, Seed = 5, MaxOutputTokens = 20, FrequencyPenalty = 0.5f, PresencePenalty = 0.5f };
        var text = (await client.GetResponseAsync("hello", seeded)).Text;
        Assert.Equal(text, (await client.GetResponseAsync("hello", seeded)).Text);
        var other = await client.GetResponseAsync("hello", new ChatOptions { ModelId = "tuned:2", Temperature = 0, MaxOutputTokens = 20 });
        Assert.Equal("tuned:2", other.ModelId);
        var greedy = (await client.GetResponseAsync("hello", Greedy)).Text;
        var stopped = await client.GetResponseAsync("hello", new ChatOptions { Temperature = 0, MaxOutputTokens = 20, StopSequences = [greedy[^1..]] });
        Assert.Equal(greedy[..greedy.IndexOf(greedy[^1])], stopped.Text);
        Assert.Equal(ChatFinishReason.Stop, stopped.FinishReason);
        Assert.NotEqual(greedy, (await client.GetResponseAsync("hello", new ChatOptions { Temperature = 0, MaxOutputTokens = 20, Instructions = "be brief" })).Text);
    }

    [Fact]
    public async Task Errors_carry_the_code()
    {
        using var client = ClientOf("nobody");
        Assert.Equal("not_found", (await Assert.ThrowsAsync<TemperException>(() => client.GetResponseAsync("hello"))).Code);
        Assert.Equal("invalid_value", (await Assert.ThrowsAsync<TemperException>(() => client.GetResponseAsync("hello", new() { ModelId = "tuned", Temperature = 7 }))).Code);
        Assert.Equal("unsupported_parameter", (await Assert.ThrowsAsync<TemperException>(() => client.GetResponseAsync("hello", new() { ModelId = "tuned", ResponseFormat = ChatResponseFormat.Json }))).Code);
    }

    [Fact]
    public async Task Cancelling_ends_the_stream()
    {
        using var client = ClientOf("tuned");
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in client.GetStreamingResponseAsync("hello", new() { Temperature = 0 }, stop.Token))
                await stop.CancelAsync();
            stop.Token.ThrowIfCancellationRequested();
        });
    }

    [Fact]
    public void It_says_what_it_is()
    {
        using var client = ClientOf("tuned");
        var metadata = (ChatClientMetadata)client.GetService(typeof(ChatClientMetadata))!;
        Assert.Equal(("temper", "tuned"), (metadata.ProviderName, metadata.DefaultModelId));
        Assert.Same(client, client.GetService(typeof(TemperChatClient)));
        Assert.Null(client.GetService(typeof(string)));
    }
}

[Collection("server")]
public sealed class InProcessChatClientTests(ServingServer server) : TemperChatClientContract
{
    protected override IChatClient ClientOf(string model) => TemperChatClient.InProcess(server.Host, model);
}

[Collection("server")]
public sealed class RemoteChatClientTests(ServingServer server) : TemperChatClientContract
{
    protected override IChatClient ClientOf(string model) => TemperChatClient.Remote(server.Http, model);
}
