using System.Net;
using OpenAI.Chat;

namespace Temper.Serving.Tests;

[Collection("server")]
public sealed class LoadTests(ServingServer server)
{
    private static readonly ChatRequest Long = new("tuned", [new("user", "a")])
    {
        Sampling = new() { Temperature = 0, LogitBias = new Dictionary<int, double> { [1] = -100 } },
    };

    private static readonly ChatRequest Short = Long with { MaxTokens = 3 };

    [Fact]
    public async Task A_client_that_goes_away_frees_its_slot_at_once()
    {
        var (host, address) = await server.StartAsync(options => options with { MaxConcurrent = 1 });
        var answers = ServingServer.OpenAi(address).GetChatClient("tuned");
        for (var round = 0; round < 3; round++)
        {
            using var gone = new CancellationTokenSource();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                await foreach (var _ in answers.CompleteChatStreamingAsync([ChatMessage.CreateUserMessage("a")], OpenAiClientTests.Endless(new()), gone.Token))
                    await gone.CancelAsync();
            });
        }
        await DeterminismTests.TextAsync(host, Short).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(0, host.Waiting);
    }

    [Fact]
    public async Task A_stream_that_is_disposed_stops_the_work()
    {
        var (host, _) = await server.StartAsync(options => options with { MaxConcurrent = 1 });
        var abandoned = await host.StartAsync(Long, default);
        await abandoned.DisposeAsync();
        await DeterminismTests.TextAsync(host, Short);
        Assert.True(abandoned.Usage.CompletionTokens < TinyModels.Context - 20);
    }

    [Fact]
    public async Task More_requests_than_may_wait_are_told_to_come_back()
    {
        var (host, address) = await server.StartAsync(options => options with { MaxConcurrent = 1, QueueLimit = 1 });
        await host.WarmAsync("tuned", default);
        var running = await host.StartAsync(Long with { Choices = 8 }, default);
        using var http = new HttpClient { BaseAddress = address };
        using var refused = await http.PostAsync("v1/chat/completions", new StringContent("""{"model":"tuned","messages":[{"role":"user","content":"a"}]}"""));
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter!.Delta);
        Assert.Contains("queue_full", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await running.DisposeAsync();
        Assert.NotEqual("", await DeterminismTests.TextAsync(host, Short));
    }

    [Fact]
    public async Task Short_answers_do_not_wait_for_long_ones()
    {
        var running = await server.Host.StartAsync(Long, default);
        await using (running)
        {
            await DeterminismTests.TextAsync(server.Host, Short);
            Assert.True(running.Usage.CompletionTokens < TinyModels.Context - 20, "the long answer ended before the short one began");
        }
    }
}
