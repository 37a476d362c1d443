using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;

namespace Temper.Registry.Tests;

public sealed class RegistryDoorbellTests : DoorbellContract, IAsyncLifetime
{
    private RegistryHost _host = null!;

    public async Task InitializeAsync() => _host = await RegistryHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    protected override Task<(IDoorbell Bell, Func<Task<WorkRing>> QueueAsync)> StartAsync() => Task.FromResult<(IDoorbell, Func<Task<WorkRing>>)>((new RegistryDoorbell(_host.Client), async () =>
    {
        var receipt = await _host.Client.Uploads.PutAsync(ResourceName.Parse("chats"), "a.jsonl", () => new MemoryStream("{\"text\": \"x\"}\n"u8.ToArray()), None);
        return new(receipt.Work!.Value, WorkKind.Ingest, 0);
    }
    ));
}
