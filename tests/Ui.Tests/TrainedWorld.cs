using Temper.Core.Work;
using Temper.Hosts.Tests;

namespace Temper.Ui.Tests;

/// <summary>A server on which a dataset with faults was ingested and a model trained.</summary>
public sealed class TrainedWorld : IAsyncLifetime, IDisposable
{
    private readonly TinyWorld _world = new();
    private TemperProcess _server = null!;

    public Uri Address => _server.Address;

    public async Task InitializeAsync()
    {
        _server = await TemperProcess.UpAsync(_world.Home());
        await _world.ImportBaseAsync(Address);
        Assert.Equal(0, (await _world.TrainAsync(Address, "--on", "chats")).Exit);
        Assert.Equal(0, (await _world.UploadAsync(Address)).Exit);
        using var client = _server.Client();
        await TinyWorld.SettleAsync(client, jobs => jobs.Any(job => job is { Kind: WorkKind.Train, State: WorkState.Completed }));
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        _server.Dispose();
        _world.Dispose();
    }
}

/// <summary>One browser and one trained world for every test of the pages.</summary>
[CollectionDefinition("dashboard")]
public sealed class Dashboard : ICollectionFixture<Browser>, ICollectionFixture<TrainedWorld>;
