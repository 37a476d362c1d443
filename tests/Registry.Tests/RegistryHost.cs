using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Temper.Core.Registry;
using Temper.Registry.Ui;
using Temper.Testing;
using Temper.Testing.Servers;

namespace Temper.Registry.Tests;

/// <summary>A registry on a free port of the loopback address, as a host would run it.</summary>
public sealed class RegistryHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TempFolder? _owned;

    private RegistryHost(WebApplication app, TempFolder? owned, RegistryOptions options)
    {
        (_app, _owned, Options) = (app, owned, options);
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Client = NewClient();
    }

    public Uri Address { get; }

    public RegistryOptions Options { get; }

    public RegistryClient Client { get; }

    public IServiceProvider Services => _app.Services;

    public T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    public RegistryClient NewClient(string? key = null) => new(Address, key ?? Options.ApiKey, TimeSpan.Zero, TimeProvider.System);

    /// <summary>Over an SQLite file and a folder of its own, or over the state of <paramref name="options"/>.</summary>
    /// <param name="options">Null: a folder of its own.</param>
    /// <param name="more">What the host brings.</param>
    /// <param name="pages">Whether it has the dashboard.</param>
    public static async Task<RegistryHost> StartAsync(RegistryOptions? options = null, Action<IServiceCollection>? more = null, bool pages = false)
    {
        var folder = options is null ? new TempFolder() : null;
        options ??= OnFiles(folder!);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        more?.Invoke(builder.Services);
        builder.AddRegistry(options);
        if (pages)
            builder.AddRegistryUi();
        var app = builder.Build();
        app.MapRegistry();
        if (pages)
            app.MapRegistryUi();
        await app.StartAsync();
        return new(app, folder, options);
    }

    public static RegistryOptions OnFiles(TempFolder folder) => new() { Database = folder.Of("state.db"), Blobs = folder.Of("blobs"), LookEvery = TimeSpan.FromMilliseconds(200) };

    /// <summary>Options over an empty database of the kind that is asked for.</summary>
    public static async Task<RegistryOptions> OptionsAsync(string database, TempFolder folder) => database == "postgres"
        ? OnFiles(folder) with { Database = await (await PostgresServer.SharedAsync()).NewDatabaseAsync() }
        : OnFiles(folder);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _owned?.Dispose();
    }
}
