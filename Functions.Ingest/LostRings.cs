using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Temper.Core.Errors;
using Temper.Core.Work;
using Temper.Plugins.ServiceBus;

namespace Temper.Functions.Ingest;

/// <summary>Rings that a queue gave up: <c>GET api/dead-letters/{kind}</c> lists them with their reasons, <c>POST api/dead-letters/{kind}/replay</c> rings again: all that
/// can be read, or <c>?sequence=N</c> alone; <c>&amp;minutes=M</c> from now. Kinds are ingest and train. Both ask for the registry's API key where there is one.</summary>
public sealed class LostRings(DeadLetters letters, ApiKey key, TimeProvider clock)
{
    private const int Most = 100;
    private const int LongestWait = 24 * 60;

    /// <summary>The oldest ones.</summary>
    [Function("DeadLetters")]
    public Task<IActionResult> List([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "dead-letters/{kind}")] HttpRequest request, string kind, CancellationToken cancellationToken) =>
        key.AskAsync(request, () => letters.ListAsync(KindOf(kind), Most, cancellationToken));

    /// <summary>How many ring again.</summary>
    [Function("ReplayDeadLetters")]
    public Task<IActionResult> Replay([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "dead-letters/{kind}/replay")] HttpRequest request, string kind, CancellationToken cancellationToken) =>
        key.AskAsync(request, async () =>
        {
            var (one, minutes) = (Number(request, "sequence", long.MaxValue), Number(request, "minutes", LongestWait));
            var at = minutes is { } wait ? clock.GetUtcNow() + TimeSpan.FromMinutes(wait) : (DateTimeOffset?)null;
            // What could not be read would come back at once.
            return new { Replayed = await letters.ReplayAsync(KindOf(kind), letter => one is null ? letter.Reason != "malformed" : letter.Sequence == one, at, cancellationToken) };
        });

    private static WorkKind KindOf(string kind) => kind switch
    {
        "ingest" => WorkKind.Ingest,
        "train" => WorkKind.Train,
        _ => throw new TemperException("request_invalid", $"There is no queue for '{kind}'; there are ingest and train."),
    };

    private static long? Number(HttpRequest request, string name, long most) => request.Query[name] is not [{ Length: > 0 } text] ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most ? number
        : throw new TemperException("request_invalid", $"'{name}' is '{text}', expected a whole number of at most {most}.");
}
