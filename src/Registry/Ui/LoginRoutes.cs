using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Temper.Registry.Ui;

/// <summary>Entering and leaving the dashboard where the server asks for an API key.</summary>
internal static class LoginRoutes
{
    public const string Page = "/login";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/session", LogInAsync).AllowAnonymous().DisableAntiforgery().ExcludeFromDescription();
        routes.MapPost("/session/end", (HttpContext context) =>
        {
            Session.End(context);
            return Results.Redirect(Page);
        }).DisableAntiforgery().ExcludeFromDescription();
    }

    /// <summary>A path of this host, whatever the link said.</summary>
    public static string Local(string? next) => next is { Length: > 0 } && next[0] == '/' && !next.StartsWith("//", StringComparison.Ordinal) && !next.Contains('\\', StringComparison.Ordinal) ? next : "/jobs";

    private static async Task<IResult> LogInAsync(HttpContext context, Http.ApiKeyGate gate, Session session)
    {
        if (!context.Request.HasFormContentType || !Session.IsFromHere(context.Request))
            return Results.StatusCode(StatusCodes.Status400BadRequest);
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var next = Local(form["next"]);
        if (!gate.IsKey(form["key"]))
            return Results.Redirect($"{Page}?wrong=true&next={Uri.EscapeDataString(next)}");
        session.Begin(context);
        return Results.LocalRedirect(next);
    }
}
