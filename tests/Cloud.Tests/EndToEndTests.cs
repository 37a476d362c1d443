using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace Temper.Cloud.Tests;

/// <summary>The whole deployment on this machine, in containers: an upload is sealed by the functions that Service Bus woke.</summary>
[Trait("Needs", "docker")]
public sealed class EndToEndTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task An_upload_is_sealed()
    {
        using var limit = new CancellationTokenSource(Patience);
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(limit.Token);
        // The timer would claim the row, too: without it, only a ring can have woken the functions.
        builder.CreateResourceBuilder<ProjectResource>("ingest").WithEnvironment("AzureWebJobs_SweepRows_Disabled", "true");
        await using var app = await builder.BuildAsync(limit.Token);
        await app.StartAsync(limit.Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("registry", limit.Token);
        using var http = app.CreateHttpClient("registry", "http");
        using var sample = new StringContent("{\"text\": \"The Murrel opens with a code.\"}\n");
        using var answer = await http.PutAsync(new Uri("/api/v1/uploads/notes/notes.jsonl", UriKind.Relative), sample, limit.Token);
        var work = (await answer.Content.ReadFromJsonAsync<JsonElement>(limit.Token)).GetProperty("work").GetString();
        for (var state = ""; state != "completed"; await Task.Delay(TimeSpan.FromSeconds(1), limit.Token))
        {
            state = (await http.GetFromJsonAsync<JsonElement>(new Uri($"/api/v1/jobs/{work}", UriKind.Relative), limit.Token)).GetProperty("state").GetString()!;
            Assert.NotEqual("failed", state);
        }
    }
}
