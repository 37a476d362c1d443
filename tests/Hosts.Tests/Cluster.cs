using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Temper.Core.Blobs;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Storage.Blobs;
using Temper.Testing.Servers;

namespace Temper.Hosts.Tests;

/// <summary>PostgreSQL, a blob store (Azurite), a registry and an ingestion worker: a cluster that waits for trainers, with a base model and a sealed dataset.</summary>
public class Cluster : IAsyncLifetime, IDisposable
{
    private readonly TinyWorld _world = new();
    private readonly List<ClusterProcess> _processes = [];
    private string _blobs = "";
    private int _trainers;

    internal Uri Address { get; private set; } = null!;

    internal RegistryClient Client { get; private set; } = null!;

    internal IBlobStore Blobs { get; private set; } = null!;

    /// <summary>What every process wrote, for a failed test.</summary>
    internal string Logs => string.Join("\n----\n", _processes.Select(p => p.Log));

    public async Task InitializeAsync()
    {
        _blobs = await NewBlobsAsync();
        Blobs = BlobStores.Open(_blobs, TimeProvider.System);
        Address = new($"http://127.0.0.1:{FreePort()}");
        Client = new(Address, null, TimeSpan.FromMinutes(1), TimeProvider.System);
        _processes.Add(ClusterProcess.Start("Services.Registry", [], new()
        {
            ["Database"] = await (await PostgresServer.SharedAsync()).NewDatabaseAsync(),
            ["Blobs"] = _blobs,
            ["Urls"] = Address.AbsoluteUri.TrimEnd('/'),
        }));
        try
        {
            await Client.ServerAsync(default);
        }
        catch (Core.Errors.TemperException e)
        {
            throw new InvalidOperationException($"The registry does not answer: {Logs}", e);
        }
        _processes.Add(ClusterProcess.Start("temper", ["worker", "--roles", "ingest", "--server", Address.AbsoluteUri, "--blobs", _blobs, "--home", _world.Home("ingest")], []));
        await _world.ImportBaseAsync(Address);
        Assert.Equal(0, (await _world.UploadAsync(Address)).Exit);
        await TinyWorld.SettleAsync(Client, jobs => jobs.Count > 0);
        var dataset = await Client.Datasets.FindAsync(ResourceName.Parse("chats"), 1, default);
        Assert.True(dataset is { Sealed: true }, System.Text.Json.JsonSerializer.Serialize(dataset));
    }

    /// <summary>Address of a blob store that nobody has used.</summary>
    protected virtual async Task<string> NewBlobsAsync() => (await AzuriteServer.SharedAsync()).NewContainer();

    /// <summary>A trainer process with a cache of its own.</summary>
    internal ClusterProcess StartTrainer(int leaseSeconds = 60, string? stallAt = null)
    {
        var settings = new Dictionary<string, string>
        {
            ["Registry"] = Address.AbsoluteUri,
            ["Blobs"] = _blobs,
            ["Trainer:Roles"] = "train",
            ["Trainer:Threads"] = "1",
            ["Trainer:Cache"] = _world.Home($"trainer-{++_trainers}"),
            ["Trainer:LeaseSeconds"] = leaseSeconds.ToString(CultureInfo.InvariantCulture),
        };
        if (stallAt is not null)
            settings["Trainer:DieAt"] = $"stall@{stallAt}";
        var trainer = ClusterProcess.Start("Services.Trainer", [], settings);
        _processes.Add(trainer);
        return trainer;
    }

    /// <summary>Asks for a job over the command line.</summary>
    internal async Task<WorkId> AskAsync(string output)
    {
        var (exit, json, errors) = await _world.TrainAsync(Address, "--name", output);
        Assert.True(exit == 0, errors);
        return WorkId.Parse(System.Text.Json.JsonDocument.Parse(json).RootElement.GetProperty("id").GetString()!);
    }

    internal async Task<JobInfo> JobAsync(WorkId id) => (await Client.Jobs.FindAsync(id, default))!;

    internal async Task<IReadOnlyList<ModelVersionInfo>> VersionsAsync(string model) =>
        (await Client.Models.VersionsAsync(ResourceName.Parse(model), default))?.Items ?? [];

    /// <summary>Looks until something holds.</summary>
    internal async Task UntilAsync(string what, Func<Task<bool>> holds)
    {
        for (var attempt = 0; attempt < 1800; attempt++)
        {
            if (await holds())
                return;
            await Task.Delay(100);
        }
        throw new TimeoutException($"For three minutes it did not come true that {what}.\n{Logs}");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        foreach (var process in Enumerable.Reverse(_processes))
            process.Dispose();
        Client?.Dispose();
        _world.Dispose();
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
