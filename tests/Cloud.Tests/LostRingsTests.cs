using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Logging.Abstractions;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Functions.Ingest;
using Temper.Plugins.ServiceBus;

namespace Temper.Cloud.Tests;

public sealed class LostRingsTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly StoppedClock _clock = new();

    [Fact]
    public async Task Rings_that_were_given_up_are_listed_with_their_reasons()
    {
        var listed = await Rings(Buried()).List(Request(), "train", None);
        foreach (var word in (string[])["\"reason\":\"malformed\"", "\"message\":\"a.1\"", "\"sequence\":3"])
            Assert.Contains(word, Assert.IsType<ContentResult>(listed).Content, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_that_can_be_read_ring_again_and_the_rest_stays()
    {
        var bus = Buried();
        Assert.Contains("\"replayed\":2", Content(await Rings(bus).Replay(Request(), "train", None)), StringComparison.Ordinal);
        Assert.Equal(["a.1.again-2", "b.1.again-3"], bus.Sent.Select(message => message.MessageId));
        Assert.Equal("x", Assert.Single(bus.Dead).MessageId);
    }

    [Fact]
    public async Task One_of_them_can_be_chosen_and_put_off()
    {
        var bus = Buried();
        Assert.Contains("\"replayed\":1", Content(await Rings(bus).Replay(Request("?sequence=3&minutes=30"), "train", None)), StringComparison.Ordinal);
        var sent = Assert.Single(bus.Sent);
        Assert.Equal(("b.1.again-3", _clock.GetUtcNow().AddMinutes(30)), (sent.MessageId, sent.ScheduledEnqueueTime));
    }

    [Theory]
    [InlineData("dream", "")]
    [InlineData("train", "?sequence=first")]
    [InlineData("train", "?minutes=-1")]
    public async Task What_is_no_queue_or_no_number_is_refused(string kind, string query)
    {
        var bus = Buried();
        Assert.Equal(422, Assert.IsType<ContentResult>(await Rings(bus).Replay(Request(query), kind, None)).StatusCode);
        Assert.Empty(bus.Sent);
    }

    [Fact]
    public async Task Nobody_without_the_key_learns_anything() =>
        Assert.Equal(401, Assert.IsType<ContentResult>(await new LostRings(new DeadLetters(Buried()), new ApiKey("0123456789abcdef", NullLogger<ApiKey>.Instance), _clock).List(Request(), "train", None)).StatusCode);

    private LostRings Rings(FakeBus bus) => new(new DeadLetters(bus), new ApiKey(null, NullLogger<ApiKey>.Instance), _clock);

    private static FakeBus Buried()
    {
        var bus = new FakeBus();
        var ring = System.Text.Encoding.UTF8.GetString(RingText.Write(new(WorkId.New(WorkKind.Train, TimeProvider.System), WorkKind.Train, 1)));
        bus.Bury("x", "{ not json", "malformed");
        bus.Bury("a.1", ring, "MaxDeliveryCountExceeded");
        bus.Bury("b.1", ring, "rejected");
        return bus;
    }

    private static string? Content(IActionResult answer) => Assert.IsType<ContentResult>(answer).Content;

    private static HttpRequest Request(string query = "")
    {
        var request = new DefaultHttpContext().Request;
        request.QueryString = new(query);
        return request;
    }
}
