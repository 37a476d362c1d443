using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Temper.Registry.Http;

namespace Temper.Registry.Ui;

/// <summary>The dashboard: server-rendered pages over the registry's queries. It works without JavaScript but for live updates.</summary>
public static class RegistryUi
{
    /// <summary>Adds what the pages need.</summary>
    public static WebApplicationBuilder AddRegistryUi(this WebApplicationBuilder builder)
    {
        builder.Services.AddRazorComponents();
        builder.Services.AddSingleton<Session>();
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
            return next(context);
        });
        app.UseAntiforgery();
        LoginRoutes.Map(app);
        EmbeddedAssets.Map(app);
        app.MapRazorComponents<App>();
        return app;
    }

    /// <summary>Whether a browser asks for something to show.</summary>
    private static bool IsPage(HttpContext context) => HttpMethods.IsGet(context.Request.Method) && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
}
