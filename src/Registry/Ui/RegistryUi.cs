using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Errors;
using Temper.Registry.Http;
using Temper.Registry.Jobs;

namespace Temper.Registry.Ui;

/// <summary>The dashboard: server-rendered pages over the registry's queries. It works without JavaScript but for live updates.</summary>
public static class RegistryUi
{
    /// <summary>Key of the request's items under which the page that says "not found" finds a reason.</summary>
    internal const string Why = "temper.why";

    private static readonly string[] ForPrograms = ["/api", "/v1", "/health", "/openapi"];

    /// <summary>Adds what the pages need.</summary>
    public static WebApplicationBuilder AddRegistryUi(this WebApplicationBuilder builder)
    {
        builder.Services.AddRazorComponents();
        builder.Services.AddSingleton<Session>().AddSingleton<JobExamples>().AddSingleton<JobPage>().AddSingleton<ComparePage>().AddSingleton<SweepPage>();
        return builder;
    }

    /// <summary>Maps the pages and their embedded assets; call it after <see cref="RegistryApp.MapRegistry"/>.</summary>
    public static WebApplication MapRegistryUi(this WebApplication app)
    {
        var gate = app.Services.GetRequiredService<ApiKeyGate>();
        gate.LoginPage = LoginRoutes.Page;
        gate.OtherProofs.Add(app.Services.GetRequiredService<Session>().Proves);
        app.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true);
        app.Use((context, next) =>
        {
            // Programs get their 404 as it is.
            if (!IsPage(context) && context.Features.Get<IStatusCodePagesFeature>() is { } pages)
                pages.Enabled = false;
            return ShowAsync(context, next);
        });
        app.UseAntiforgery();
        LoginRoutes.Map(app);
        JobActionRoutes.Map(app);
        EmbeddedAssets.Map(app);
        app.MapRazorComponents<App>();
        return app;
    }

    /// <summary>What a page was asked that cannot be, such as a cursor that nobody gave, is not found; the page says why.</summary>
    private static async Task ShowAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (TemperException e) when (e.Kind is ErrorKind.Invalid or ErrorKind.NotFound && !context.Response.HasStarted && IsPage(context))
        {
            context.Response.Clear();
            context.Items[Why] = e.Message;
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
    }

    /// <summary>Whether somebody asks for something to show: a browser, or a program that takes anything, at an address that is none of the programs' own.</summary>
    private static bool IsPage(HttpContext context) => HttpMethods.IsGet(context.Request.Method) && !Array.Exists(ForPrograms, path => context.Request.Path.StartsWithSegments(path))
        && context.Request.Headers.Accept.ToString() is var accept && (accept.Length == 0 || accept.Contains("text/html", StringComparison.OrdinalIgnoreCase) || accept.Contains("*/*", StringComparison.Ordinal));
}
