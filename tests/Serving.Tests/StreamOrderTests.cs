using System.Text.Json;
using System.Text.Json.Nodes;

namespace Temper.Serving.Tests;

/// <summary>What goes over the wire, line by line: clients break on details that no library shows.</summary>
[Collection("server")]
public sealed class StreamOrderTests(ServingServer server)
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Role_then_content_then_end_then_usage_then_done(int choices)
    {
        var lines = await LinesAsync(new JsonObject { ["n"] = choices, ["stream_options"] = new JsonObject { ["include_usage"] = true } });
        Assert.Equal("data: [DONE]", lines[^1]);
        var chunks = lines[..^1].Select(line => JsonNode.Parse(line["data: ".Length..])!).ToList();
        for (var choice = 0; choice < choices; choice++)
            Assert.Equal("{\"role\":\"assistant\",\"content\":\"\"}", chunks[choice]["choices"]![0]!["delta"]!.ToJsonString());
        foreach (var chunk in chunks[..^1])
        {
            Assert.True(chunk.AsObject().ContainsKey("usage"));
            Assert.Null(chunk["usage"]);
            Assert.Single(chunk["choices"]!.AsArray());
            Assert.Equal("chat.completion.chunk", (string?)chunk["object"]);
        }
        var ends = chunks[..^1].Where(chunk => chunk["choices"]![0]!["finish_reason"] is not null).ToList();
        Assert.Equal(choices, ends.Count);
        Assert.All(ends, end => Assert.Equal("{}", end["choices"]![0]!["delta"]!.ToJsonString()));
        Assert.Empty(chunks[^1]["choices"]!.AsArray());
        Assert.True((int)chunks[^1]["usage"]!["completion_tokens"]! >= choices);
        Assert.Single(chunks.Select(chunk => (string?)chunk["id"]).Distinct());
    }

    [Fact]
    public async Task Without_include_usage_no_chunk_speaks_of_it()
    {
        var lines = await LinesAsync([]);
        Assert.DoesNotContain(lines, line => line.Contains("usage", StringComparison.Ordinal));
        Assert.Equal("data: [DONE]", lines[^1]);
    }

    [Fact]
    public async Task The_stream_is_not_to_be_buffered_or_cached()
    {
        using var answer = await server.Http.PostAsync("v1/chat/completions", Content(new JsonObject { ["stream"] = true, ["max_tokens"] = 1 }));
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        Assert.True(answer.Headers.CacheControl!.NoCache);
    }

    [Fact]
    public async Task A_silent_stream_sends_comments()
    {
        var (host, address) = await server.StartAsync(options => options with { PingEvery = TimeSpan.FromMilliseconds(1), PrefillTokens = 1 });
        using var http = new HttpClient { BaseAddress = address };
        var prompt = string.Concat(Enumerable.Repeat("jugs ", 60));
        var text = await PostAsync(http, new JsonObject { ["stream"] = true, ["max_tokens"] = 2, ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = prompt }) });
        Assert.Contains(": ping\n\n", text, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        Assert.Equal(0, host.Waiting);
    }

    [Fact]
    public async Task A_failure_in_the_middle_is_an_error_event_and_no_done()
    {
        var (host, address) = await server.StartAsync(options => options with { MaxConcurrent = 1 });
        using var http = new HttpClient { BaseAddress = address };
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = Content(new JsonObject { ["stream"] = true, ["n"] = 8, ["logit_bias"] = new JsonObject { ["1"] = -100 } }) };
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        host.Dispose();
        var text = await answer.Content.ReadAsStringAsync();
        Assert.DoesNotContain("[DONE]", text, StringComparison.Ordinal);
        Assert.Matches("event: error\ndata: \\{\"error\":\\{.*\"code\":\"cancelled\"\\}\\}\n\n$", text);
    }

    private async Task<List<string>> LinesAsync(JsonObject fields)
    {
        fields["stream"] = true;
        fields["max_tokens"] = 12;
        var text = await PostAsync(server.Http, fields);
        Assert.EndsWith("\n\n", text, StringComparison.Ordinal);
        return [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)];
    }

    private static async Task<string> PostAsync(HttpClient http, JsonObject fields)
    {
        using var answer = await http.PostAsync("v1/chat/completions", Content(fields));
        return await answer.Content.ReadAsStringAsync();
    }

    private static StringContent Content(JsonObject fields)
    {
        fields["model"] = "tuned";
        fields["temperature"] = 0;
        fields["messages"] ??= new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "hello" });
        return new(JsonSerializer.Serialize(fields), null, "application/json");
    }
}
