using System.ClientModel;
using System.ClientModel.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OpenAI;
using Temper.Core.Registry;
using Temper.Tensors;
using Temper.Testing;

namespace Temper.Serving.Tests;

/// <summary>A registry with tiny models and a server that answers with them, both on loopback. Models: <c>tiny:1</c>, <c>tiny:2</c>, and adapters
/// <c>tuned:1</c> and <c>tuned:2</c> of <c>tiny:1</c>; <c>tuned@latest</c> stands on 1.</summary>
public sealed class ServingServer : IAsyncLifetime, IDisposable
{
    public const string MadeIn = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private readonly TempFolder _folder = new();
    private readonly List<IAsyncDisposable> _extra = [];
    private FolderRegistry _registry = null!;
    private RegistryClient _client = null!;

    internal FolderRegistry Registry => _registry;

    internal ServingHost Host { get; private set; } = null!;

    public Uri Address { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    /// <summary>Where models are copied to before they are loaded.</summary>
    internal string Copies => Path.Combine(_folder.Path, "copies");

    public async Task InitializeAsync()
    {
        string At(string name) => Path.Combine(_folder.Path, name);
        TinyModels.SaveBase(At("base1"), 1);
        TinyModels.SaveBase(At("base2"), 2);
        TinyModels.SaveAdapter(At("base1"), At("adapter1"), 3);
        TinyModels.SaveAdapter(At("base1"), At("adapter2"), 4);
        _registry = await FolderRegistry.StartAsync();
        var tiny = _registry.Add("tiny", 1, At("base1"));
        _registry.Add("tiny", 2, At("base2"));
        _registry.Add("tuned", 1, At("adapter1"), tiny, MadeIn);
        _registry.Add("tuned", 2, At("adapter2"), tiny);
        _registry.Move("tiny", "latest", 1);
        _registry.Move("tuned", "latest", 1);
        _client = new(_registry.Address, null, TimeSpan.Zero, TimeProvider.System);
        (Host, Address) = await StartAsync(options => options);
        Http = new() { BaseAddress = Address };
    }

    /// <summary>Another server over the same registry.</summary>
    internal async Task<(ServingHost Host, Uri Address)> StartAsync(Func<ServingOptions, ServingOptions> change, TimeProvider? clock = null)
    {
        clock ??= TimeProvider.System;
        var options = change(new ServingOptions { Engine = () => CpuEngine.Create(1) });
        var host = new ServingHost(options, _client, new(_client, Copies, clock), clock, NullLogger<ServingHost>.Instance);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapOpenAi(() => host, TimeProvider.System);
        await app.StartAsync();
        _extra.Add(app);
        app.Lifetime.ApplicationStopped.Register(host.Dispose);
        return (host, new(app.Urls.First()));
    }

    /// <summary>The official client, without retries.</summary>
    public OpenAIClient OpenAi() => OpenAi(Address);

    public static OpenAIClient OpenAi(Uri address) =>
        new(new ApiKeyCredential("unused"), new OpenAIClientOptions { Endpoint = new(address, "v1"), RetryPolicy = new ClientRetryPolicy(0) });

    public async Task DisposeAsync()
    {
        foreach (var app in _extra)
            await app.DisposeAsync();
        await _registry.DisposeAsync();
        Dispose();
    }

    public void Dispose()
    {
        Http.Dispose();
        _client.Dispose();
        _folder.Dispose();
    }
}

/// <summary>Tests that share one server.</summary>
[CollectionDefinition("server")]
public sealed class ServerCollection : ICollectionFixture<ServingServer>;
