using System.Net.Http.Headers;

namespace Temper.AppHost;

/// <summary>What makes the dashboard a pleasant place to begin: links, and a sample to upload.</summary>
internal static class Niceties
{
    private const string Dataset = "support-bot";
    private const string File = "chats.jsonl";

    /// <summary>Links to the product's own pages, and the command that uploads the sample.</summary>
    public static IResourceBuilder<ProjectResource> WithNiceties(this IResourceBuilder<ProjectResource> registry, IResourceBuilder<ParameterResource>? apiKey) => registry
        .WithUrlForEndpoint("http", (ResourceUrlAnnotation url) => url.DisplayText = "Models, datasets, jobs")
        .WithUrlForEndpoint("http", (EndpointReference _) => new ResourceUrlAnnotation { Url = "/openapi/v1.json", DisplayText = "OpenAPI" })
        .WithCommand("upload-sample", "Upload the sample", context => UploadAsync(registry, apiKey?.Resource, context.CancellationToken), new CommandOptions
        {
            Description = $"Sends samples/{Dataset}/{File} as the dataset {Dataset}: 450 conversations with real faults in them.",
            IconName = "ArrowUpload",
            IsHighlighted = true,
        });

    private static async Task<ExecuteCommandResult> UploadAsync(IResourceBuilder<ProjectResource> registry, ParameterResource? apiKey, CancellationToken ct)
    {
        try
        {
            using var http = new HttpClient { BaseAddress = new Uri(registry.GetEndpoint("http").Url) };
            if (apiKey is not null && await apiKey.GetValueAsync(ct) is { Length: > 0 } key)
                http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
            using var sample = System.IO.File.OpenRead(Path.Combine(registry.ApplicationBuilder.AppHostDirectory, "..", "samples", Dataset, File));
            using var body = new StreamContent(sample);
            using var answer = await http.PutAsync(new Uri($"/api/v1/uploads/{Dataset}/{File}", UriKind.Relative), body, ct);
            return answer.IsSuccessStatusCode
                ? new() { Success = true }
                : new() { Success = false, Message = $"The registry answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(ct)}" };
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return new() { Success = false, Message = e.Message };
        }
    }
}
