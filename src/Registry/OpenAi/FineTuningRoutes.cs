using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Temper.Core.Errors;
using Temper.Registry.Jobs;

namespace Temper.Registry.OpenAi;

/// <summary><c>/v1/fine_tuning/jobs</c>.</summary>
internal static class FineTuningRoutes
{
    private const long LargestBody = 1 << 20;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var jobs = routes.MapGroup("/v1/fine_tuning/jobs").WithTags("openai");
        jobs.MapPost("", async (HttpContext http, FineTuningJobs all, CancellationToken ct) => OpenAiJson.Answer(await all.CreateAsync(await BodyAsync(http, ct), ct))).ExcludeFromDescription();
        jobs.MapGet("", async (string? after, int? limit, FineTuningJobs all, CancellationToken ct) => OpenAiJson.Answer(await all.ListAsync(after, limit, ct))).ExcludeFromDescription();
        jobs.MapGet("/{id}", async (string id, FineTuningJobs all, CancellationToken ct) => OpenAiJson.Answer(await all.GetAsync(FineTuningJobs.IdOf(id), ct))).ExcludeFromDescription();
        jobs.MapGet("/{id}/events", async (string id, string? after, int? limit, FineTuningProgress progress, CancellationToken ct) =>
            OpenAiJson.Answer(await progress.EventsAsync(FineTuningJobs.IdOf(id), after, limit, ct))).ExcludeFromDescription();
        jobs.MapGet("/{id}/checkpoints", async (string id, string? after, int? limit, FineTuningProgress progress, CancellationToken ct) =>
            OpenAiJson.Answer(await progress.CheckpointsAsync(FineTuningJobs.IdOf(id), after, limit, ct))).ExcludeFromDescription();
        Wish("cancel", (controls, id, ct) => controls.CancelAsync(id, ct));
        Wish("pause", (controls, id, ct) => controls.PauseAsync(id, ct));
        Wish("resume", (controls, id, ct) => controls.ResumeAsync(id, ct));

        void Wish(string word, Func<JobControls, Core.Ids.WorkId, CancellationToken, Task> ask) => jobs.MapPost($"/{{id}}/{word}", async (string id, JobControls controls, FineTuningJobs all, CancellationToken ct) =>
        {
            var job = (await all.FindAsync(FineTuningJobs.IdOf(id), ct)).Id;
            await ask(controls, job, ct);
            return OpenAiJson.Answer(await all.GetAsync(job, ct));
        }).ExcludeFromDescription();
    }

    private static async Task<JsonElement> BodyAsync(HttpContext http, CancellationToken ct)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = LargestBody;
        try
        {
            using var body = await JsonDocument.ParseAsync(http.Request.Body, default, ct);
            return body.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new TemperException("invalid_json", $"The body is no JSON: {e.Message}", inner: e);
        }
    }
}
