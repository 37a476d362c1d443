using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Temper.Core.Errors;
using Temper.Core.Registry;
using Temper.Registry.Http;

namespace Temper.Registry.Evaluations;

/// <summary>Results of suites, and the gates of aliases.</summary>
internal static class EvaluationRoutes
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var models = routes.MapGroup("/api/v1/models/{name}").WithTags("evaluations");
        models.MapPut("/versions/{version:int}/evaluations/{id}", async (string name, int version, string id, JsonBody<EvaluationDraft> body, EvaluationTable table, CancellationToken ct) =>
        {
            await table.AddAsync(Answers.Name(name), version, id, body.Value, ct);
            return Results.NoContent();
        }).Produces(204);
        models.MapGet("/versions/{version:int}/evaluations", async (string name, int version, EvaluationTable table, CancellationToken ct) =>
            Answers.Json(await table.ListAsync(Answers.Name(name), version, ct))).Produces<IReadOnlyList<EvaluationInfo>>();
        models.MapGet("/gates/{alias}", async (string name, string alias, Gates gates, CancellationToken ct) =>
            Answers.Json(await gates.ListAsync(Answers.Name(name), alias, ct))).Produces<IReadOnlyList<AliasGate>>();
        models.MapPut("/gates/{alias}", async (string name, string alias, JsonBody<List<AliasGate>> body, Gates gates, CancellationToken ct) =>
        {
            await gates.SetAsync(Answers.Name(name), alias, body.Value, ct);
            return Results.NoContent();
        }).Produces(204);
        routes.MapGet("/api/v1/evaluations/{id}", async (string id, EvaluationTable table, CancellationToken ct) =>
            Answers.Json(await table.FindAsync(id, ct) ?? throw new TemperException("not_found", $"There is no result {id}."))).Produces<EvaluationInfo>().WithTags("evaluations");
    }
}
