using Temper.Core.Datasets;

namespace Temper.Serving.Tests;

[Collection("server")]
public sealed class DeterminismTests(ServingServer server)
{
    private static readonly ChatRequest[] Requests =
    [
        .. from i in Enumerable.Range(0, 17)
           select new ChatRequest(((string[])["tuned:1", "tuned:2", "tiny:1"])[i % 3], [new("user", string.Concat(Enumerable.Repeat("fox jumps ", 1 + i)) + i)])
           {
               MaxTokens = 12 + i,
               Sampling = new() { Seed = i, Temperature = i % 2 == 0 ? 0 : 1, LogitBias = new Dictionary<int, double> { [1] = -100 } },
           },
    ];

    [Fact]
    public async Task An_answer_is_the_same_alone_and_among_sixteen_others_whatever_the_size_of_a_step()
    {
        var alone = new List<string>();
        foreach (var request in Requests)
            alone.Add(await TextAsync(server.Host, request));
        Assert.Equal(alone, await Task.WhenAll(Requests.Select(request => TextAsync(server.Host, request))));
        var (crowded, _) = await server.StartAsync(options => options with { MaxConcurrent = 5, PrefillTokens = 7 });
        Assert.Equal(alone, await Task.WhenAll(Requests.Reverse().Select(request => TextAsync(crowded, request))).ContinueWith(done => done.Result.Reverse()));
    }

    [Fact]
    public async Task An_adapter_changes_the_answer_and_its_neighbour_does_not()
    {
        var request = Requests[0];
        var texts = await Task.WhenAll(((string[])["tiny:1", "tuned:1", "tuned:2"]).Select(model => TextAsync(server.Host, request with { Model = model })));
        Assert.Equal(3, texts.Distinct().Count());
    }

    [Fact]
    public async Task A_seed_repeats_an_answer_and_another_seed_or_choice_gives_another()
    {
        var request = Requests[1] with { Choices = 3, Sampling = Requests[1].Sampling with { Seed = 42 } };
        var first = await TextsAsync(server.Host, request);
        Assert.Equal(first, await TextsAsync(server.Host, request));
        Assert.Equal(3, first.Distinct().Count());
        Assert.Equal(first[0], await TextAsync(server.Host, request with { Choices = 1 }));
        Assert.NotEqual(first[0], await TextAsync(server.Host, request with { Choices = 1, Sampling = request.Sampling with { Seed = 43 } }));
        var unseeded = request with { Choices = 1, Sampling = request.Sampling with { Seed = null } };
        Assert.NotEqual(await TextAsync(server.Host, unseeded), await TextAsync(server.Host, unseeded));
    }

    [Fact]
    public async Task Streams_never_show_half_a_character_and_add_up_to_the_whole()
    {
        var stream = await server.Host.StartAsync(Requests[3] with { MaxTokens = 80 }, default);
        await using (stream)
            await foreach (var piece in stream.ReadAsync())
                Assert.All(piece.Text.EnumerateRunes(), rune => Assert.InRange(rune.Utf16SequenceLength, 1, 2));
        Assert.Equal(80, stream.Usage.CompletionTokens);
    }

    [Fact]
    public async Task A_stop_string_ends_the_answer_before_it_wherever_its_tokens_begin()
    {
        var request = Requests[5] with { MaxTokens = 40 };
        var text = await TextAsync(server.Host, request);
        for (var at = 0; at + 2 <= text.Length; at++)
        {
            if (char.IsLowSurrogate(text[at]) || char.IsHighSurrogate(text[at + 1]))
                continue;
            var stop = text.Substring(at, 2);
            Assert.Equal(text[..text.IndexOf(stop, StringComparison.Ordinal)], await TextAsync(server.Host, request with { Stop = [stop] }));
        }
    }

    internal static async Task<string> TextAsync(ServingHost host, ChatRequest request) => (await TextsAsync(host, request))[0];

    internal static async Task<string[]> TextsAsync(ServingHost host, ChatRequest request)
    {
        var texts = new string[request.Choices];
        var stream = await host.StartAsync(request, default);
        await using (stream)
            await foreach (var piece in stream.ReadAsync())
                texts[piece.Choice] += piece.Text;
        return texts;
    }
}
