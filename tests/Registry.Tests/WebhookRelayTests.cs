using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Temper.Core.Events;
using Temper.Core.Json;
using Temper.Registry.Relays;

namespace Temper.Registry.Tests;

/// <summary>The relay's contract on webhooks, at a server on loopback.</summary>
public sealed class WebhookRelayTests : EventRelayContract, IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly ConcurrentQueue<Arrival> _arrived = new();
    private readonly WebApplication _target;
    private WebhookRelay? _relay;

    public WebhookRelayTests()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _target = builder.Build();
        _target.MapPost("/hook", async (HttpRequest request) =>
        {
            var occurred = await JsonSerializer.DeserializeAsync<TemperEvent>(request.Body, Wire.Json);
            _arrived.Enqueue(new(request.Headers["Temper-Event-Seq"].ToString(), occurred!));
        });
    }

    public Task InitializeAsync() => _target.StartAsync();

    public async Task DisposeAsync() => await _target.DisposeAsync();

    public void Dispose() => _relay?.Dispose();

    protected override Task<(IEventRelay Relay, Func<int, Task<IReadOnlyList<Arrival>>> ArrivedAsync)> StartAsync()
    {
        _relay = new(new(new(_target.Urls.Single() + "/hook"), "secret"), TimeProvider.System);
        return Task.FromResult<(IEventRelay, Func<int, Task<IReadOnlyList<Arrival>>>)>((_relay, ArrivedAsync));
    }

    private async Task<IReadOnlyList<Arrival>> ArrivedAsync(int different)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (_arrived.Select(arrival => arrival.Id).Distinct().Count() < different)
            await Task.Delay(10, limit.Token);
        return [.. _arrived];
    }
}
