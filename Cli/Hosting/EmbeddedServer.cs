using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Temper.Core.Errors;
using Temper.Core.Plugins;
using Temper.Models;
using Temper.Registry;
using Temper.Registry.Ui;
using Temper.ServiceDefaults;
using Temper.Serving;
using Temper.Versioning.Backups;

namespace Temper.Cli.Hosting;

/// <summary>What an embedded server is told.</summary>
/// <param name="Home">All state; taken for this process.</param>
/// <param name="Host">Address to listen on; loopback unless an API key is set.</param>
/// <param name="Port">0 takes a free one.</param>
/// <param name="ApiKey">Asked of every request where given.</param>
/// <param name="WatchFolder">Files dropped here are uploaded.</param>
/// <param name="Plugins">Folder with plug-ins.</param>
/// <param name="Threads">Threads of a job's engine; 0 takes every processor.</param>
/// <param name="LogErrorsOnly">Logs nothing below an error: for verbs that tell what happens in their own words.</param>
internal sealed record EmbeddedOptions(HomeFolder Home, string Host, int Port, string? ApiKey, string? WatchFolder, string Plugins, int Threads = 0, bool LogErrorsOnly = false)
{
    /// <summary>Backups of the home at intervals; null: none.</summary>
    public BackupSchedule? Backups { get; init; }
}

/// <summary>
/// The one-process edition: API, dashboard, chat, ingestion worker and job supervisor. Its parts speak to the registry over loopback HTTP, as they
/// would in a cluster.
/// </summary>
internal sealed class EmbeddedServer : IAsyncDisposable
{
    private readonly IDisposable _taken;
    private readonly HomeFolder _home;
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stop = new();
    private Task _workers = Task.CompletedTask;

    private EmbeddedServer(IDisposable taken, HomeFolder home, WebApplication app, Uri address) => (_taken, _home, _app, Address) = (taken, home, app, address);

    public Uri Address { get; }

    /// <summary>Starts everything; returns when requests are answered.</summary>
    /// <exception cref="TemperException">Codes <c>home_in_use</c>, <c>port_in_use</c>, <c>api_key_required</c>, <c>permission_denied</c>, <c>schema_newer</c>…</exception>
    public static async Task<EmbeddedServer> StartAsync(EmbeddedOptions options, CancellationToken ct)
    {
        var url = ListenAddress.Url(options.Host, options.Port);
        ListenAddress.CheckThreads(options.Threads);
        if (options.ApiKey is null && !ListenAddress.IsLoopback(options.Host))
            throw new TemperException("api_key_required", $"{options.Host} can be reached from other machines, and there is no API key.", "Set TEMPER_API_KEY to at least 16 characters, or listen on 127.0.0.1.");
        var taken = options.Home.Take();
        try
        {
            var app = Build(options, url);
            await ListenAsync(app, options, ct);
            var address = AddressOf(app.Services);
            var server = new EmbeddedServer(taken, options.Home, app, address);
            // The workers' long polls end first; else stopping would wait for them.
            app.Lifetime.ApplicationStopping.Register(server._stop.Cancel);
            options.Home.Announce(address.AbsoluteUri.TrimEnd('/'));
            server._workers = Workers.RunAsync(options, address, app.Services, server._stop.Token);
            _ = server._workers.ContinueWith(_ => app.Lifetime.StopApplication(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            return server;
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    /// <summary>Returns when the server was asked to stop, or throws what ended a worker.</summary>
    public async Task WaitAsync(CancellationToken ct)
    {
        await _app.WaitForShutdownAsync(ct);
        if (_workers.IsFaulted)
            await _workers;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _workers.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        using (var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10)))
            await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
        _home.Withdraw();
        _taken.Dispose();
        _stop.Dispose();
    }

    private static WebApplication Build(EmbeddedOptions options, string url)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.AddServiceDefaults("temper");
        if (options.LogErrorsOnly)
            builder.Logging.AddFilter(level => level >= LogLevel.Error);
        // What these two say, the verb says itself, and shorter.
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.WebHost.ConfigureKestrel(kestrel => (kestrel.Limits.MaxRequestBodySize, kestrel.AddServerHeader) = (null, false));
        builder.WebHost.UseUrls(url);
        builder.AddRegistry(new RegistryOptions { Database = options.Home.Database, Blobs = options.Home.Blobs, ApiKey = options.ApiKey, Edition = "embedded", OwnWorkers = Workers.Embedded, Version = Product.Informational });
        builder.AddRegistryUi();
        // A page that resolves its own name to 127.0.0.1 must not reach a server that asks for no key.
        builder.Services.AddHostFiltering(filter => filter.AllowedHosts = options.ApiKey is null ? ["localhost", "127.0.0.1", "[::1]"] : ["*"]);
        builder.Services.AddAnswering(AddressOf, options.ApiKey, options.Home.ModelCache, options.Threads);
        builder.Services.AddSingleton(new LoadedPlugins(PluginLoader.Load(options.Plugins, builder.Services, Product.Version)));
        var app = builder.Build();
        DecoderFamilies.Register(app.Services);
        ClassifierHeads.Register(app.Services);
        app.UseHostFiltering();
        app.MapRegistry();
        app.MapRegistryUi();
        app.MapDryRun();
        app.MapOpenAi();
        return app;
    }

    /// <summary>Where the server listens, as this process reaches it.</summary>
    private static Uri AddressOf(IServiceProvider services)
    {
        var bound = services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new(bound.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal).Replace("[::]", "127.0.0.1", StringComparison.Ordinal));
    }

    private static async Task ListenAsync(WebApplication app, EmbeddedOptions options, CancellationToken ct)
    {
        try
        {
            await app.StartAsync(ct);
        }
        catch (IOException e) when (e.InnerException?.InnerException is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } || e.InnerException is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse })
        {
            throw new TemperException("port_in_use", $"Port {options.Port} of {options.Host} is taken by another program.", "Choose another with --port N.", e);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AccessDenied or SocketError.AddressNotAvailable)
        {
            throw new TemperException("permission_denied", $"Cannot listen on {options.Host}:{options.Port}: {e.Message}", "Choose another address or port.", e);
        }
    }
}

/// <summary>What was loaded into this process.</summary>
internal sealed record LoadedPlugins(IReadOnlyList<FoundPlugin> Found);
