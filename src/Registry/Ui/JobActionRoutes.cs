using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Registry.Http;
using Temper.Registry.Jobs;
using Temper.Registry.Sweeps;

namespace Temper.Registry.Ui;

/// <summary>The buttons of the pages of jobs and sweeps, without scripts: each leads back to the page, which says how the job stands.</summary>
internal static class JobActionRoutes
{
    /// <summary>It went on while the page was looked at.</summary>
    private static readonly HashSet<string> WentOn = ["job_ended", "job_not_paused", "job_cancelling", "job_not_ended", "sweep_ended", "sweep_not_paused"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        MapJob(routes, "pause", (context, id) => context.RequestServices.GetRequiredService<JobControls>().PauseAsync(id, context.RequestAborted));
        MapJob(routes, "resume", (context, id) => context.RequestServices.GetRequiredService<JobControls>().ResumeAsync(id, context.RequestAborted));
        MapJob(routes, "cancel", (context, id) => context.RequestServices.GetRequiredService<JobControls>().CancelAsync(id, context.RequestAborted));
        MapJob(routes, "retry", (context, id) => context.RequestServices.GetRequiredService<JobCommands>().RetryAsync(id, context.RequestAborted));
        MapSweep(routes, "pause", (context, id) => context.RequestServices.GetRequiredService<SweepControls>().PauseAsync(id, context.RequestAborted));
        MapSweep(routes, "resume", (context, id) => context.RequestServices.GetRequiredService<SweepControls>().ResumeAsync(id, context.RequestAborted));
        MapSweep(routes, "cancel", (context, id) => context.RequestServices.GetRequiredService<SweepControls>().CancelAsync(id, context.RequestAborted));
    }

    private static void MapJob(IEndpointRouteBuilder routes, string action, Func<HttpContext, WorkId, Task<JobInfo>> ask) =>
        Map(routes, "/jobs", action, async (context, id) => $"/jobs/{(await ask(context, Answers.Work(id))).Id}");

    private static void MapSweep(IEndpointRouteBuilder routes, string action, Func<HttpContext, string, Task<SweepInfo>> ask) =>
        Map(routes, "/sweeps", action, async (context, id) => $"/sweeps/{(await ask(context, id)).Id}");

    private static void Map(IEndpointRouteBuilder routes, string pages, string action, Func<HttpContext, string, Task<string>> ask) =>
        routes.MapPost($"{pages}/{{id}}/{action}", async (string id, HttpContext context) =>
        {
            // Another site must not be able to send the form.
            if (!Session.IsFromHere(context.Request))
                return Results.StatusCode(StatusCodes.Status400BadRequest);
            try
            {
                return Results.LocalRedirect(await ask(context, id));
            }
            catch (TemperException e) when (WentOn.Contains(e.Code))
            {
                return Results.LocalRedirect($"{pages}/{Uri.EscapeDataString(id)}");
            }
            catch (TemperException e) when (ProblemDocument.StatusOf(e) < StatusCodes.Status500InternalServerError)
            {
                return Results.Text(e.Message, statusCode: ProblemDocument.StatusOf(e));
            }
        }).DisableAntiforgery().ExcludeFromDescription();
}
