using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Hosting;
using Temper.ServiceDefaults;

namespace Temper.Cli.Hosting;

/// <summary>The serve role on a machine of its own: the OpenAI-compatible API over a registry elsewhere.</summary>
internal static class ServeHost
{
    public static async Task RunAsync(WorkerSettings settings, int port, CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.AddServiceDefaults("temper-serve");
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        await using var app = builder.Build();
        app.MapHealth();
        await app.StartAsync(ct);
        await app.WaitForShutdownAsync(ct);
    }
}
