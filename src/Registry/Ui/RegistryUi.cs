using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Temper.Registry.Ui;

/// <summary>The dashboard: server-rendered pages over the registry's queries. It works without JavaScript but for live updates.</summary>
public static class RegistryUi
{
    /// <summary>Adds what the pages need.</summary>
    public static WebApplicationBuilder AddRegistryUi(this WebApplicationBuilder builder)
    {
        builder.Services.AddRazorComponents();
        return builder;
    }

    /// <summary>Maps the pages and their embedded assets; call it after <see cref="RegistryApp.MapRegistry"/>.</summary>
    public static WebApplication MapRegistryUi(this WebApplication app)
    {
        app.UseAntiforgery();
        EmbeddedAssets.Map(app);
        app.MapRazorComponents<App>();
        return app;
    }
}
