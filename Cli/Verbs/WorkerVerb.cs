using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Temper.Cli.Hosting;
using Temper.Core.Errors;
using Temper.Core.Plugins;
using Temper.Models;
using Temper.ServiceDefaults;

namespace Temper.Cli.Verbs;

internal static class WorkerVerb
{
    public static Command Build()
    {
        var roles = new Option<string>("--roles") { Description = "What this process does: ingest, train, serve, or several with commas", DefaultValueFactory = _ => "ingest,train", HelpName = "LIST" };
        var blobs = new Option<string?>("--blobs") { Description = "Blob store of the cluster: a folder, an Azure Blob address or s3://BUCKET/PREFIX [default: TEMPER_BLOBS]", HelpName = "ADDRESS" };
        var port = new Option<int>("--port") { Description = "Port of the serve role; 0 takes a free one", DefaultValueFactory = _ => 5081, HelpName = "N" };
        var threads = new Option<int>("--threads") { Description = "Threads of a training job; 0 takes every processor", HelpName = "N" };
        var command = new Command("worker", """
            Work for a registry on another machine.

            Examples:
              temper worker --server http://registry:5080 --roles train --blobs /mnt/temper/blobs
              temper worker --server http://registry:5080 --roles ingest,serve
            """) { roles, blobs, port, threads };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(roles)!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            parsed.GetValue(blobs) ?? Environment.GetEnvironmentVariable("TEMPER_BLOBS"), parsed.GetValue(port), parsed.GetValue(threads), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string[] roles, string? blobs, int port, int threads, CancellationToken ct)
    {
        if (roles.FirstOrDefault(role => role is not ("ingest" or "train" or "serve")) is { } unknown || roles.Length == 0)
            throw new TemperException("usage", "--roles takes ingest, train and serve, with commas between.", "For example --roles ingest,train.");
        ListenAddress.CheckPort(port);
        ListenAddress.CheckThreads(threads);
        Uri address;
        using (var registry = GlobalOptions.Connect(parsed))
            address = new((await registry.ServerAsync(ct), registry.Address).Address.AbsoluteUri);
        if (blobs is null && roles.Any(role => role != "serve"))
            throw new TemperException("usage", "The roles ingest and train need the cluster's blob store.", "Give it with --blobs or TEMPER_BLOBS.");
        await using var provider = PluginServices.Load(PluginsVerb.PathOf(parsed));
        DecoderFamilies.Register(provider);
        ClassifierHeads.Register(provider);
        using var telemetry = Telemetry.Start("temper-worker");
        var settings = new WorkerSettings(address, GlobalOptions.ApiKey, blobs ?? "", GlobalOptions.Home(parsed).ModelCache, threads, WorkerSettings.ThisProcess) { Plugins = PluginsVerb.PathOf(parsed) };
        GlobalOptions.Terminal(parsed).Note($"working for {address} as {string.Join(", ", roles)}; Ctrl-C stops");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var loops = roles.Distinct().Select(role => role switch
        {
            "ingest" => Workers.IngestAsync(settings, provider, stop.Token),
            "train" => Workers.TrainAsync(settings, provider, stop.Token),
            _ => ServeHost.RunAsync(settings, port, stop.Token),
        }).ToList();
        await await Task.WhenAny(loops);
        await stop.CancelAsync();
        await Task.WhenAll(loops);
        return 0;
    }
}
