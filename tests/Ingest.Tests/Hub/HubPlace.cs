using System.Text;
using System.Text.Json;
using Temper.Models;
using Temper.Storage.Folder;
using Temper.Testing;
using Temper.Testing.Servers;

namespace Temper.Ingest.Tests;

/// <summary>A hub on loopback with one dataset repository, and backends over it.</summary>
internal sealed class HubPlace : IAsyncDisposable
{
    public static readonly string First = new('1', 40), Second = new('2', 40);
    private readonly TempFolder _folder = new();

    private HubPlace(HubServer server) => Server = server;

    public HubServer Server { get; }

    public Dictionary<string, string> Secrets { get; } = [];

    public static async Task<HubPlace> StartAsync(params (string Path, byte[] Bytes)[] files)
    {
        var models = Directory.CreateTempSubdirectory("temper-hub-").FullName;
        var place = new HubPlace(await HubServer.StartAsync(models));
        place.Server.Dataset = new();
        place.Commit(First, files);
        return place;
    }

    /// <summary>Makes a commit, and lets main stand for it.</summary>
    public void Commit(string commit, params (string Path, byte[] Bytes)[] files)
    {
        var folder = Directory.CreateDirectory(_folder.Of(commit)).FullName;
        foreach (var (path, bytes) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, path))!);
            File.WriteAllBytes(Path.Combine(folder, path), bytes);
        }
        Server.Dataset!.Commit(commit, folder);
    }

    /// <summary>Opens the backend of a dataset with these settings beside its name.</summary>
    public async Task<HubBackend> OpenAsync(string settings = "{}")
    {
        var values = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(settings)!;
        values.TryAdd("dataset_name", JsonSerializer.SerializeToElement(Server.Dataset!.Name));
        var services = new BackendServices(TimeProvider.System, _folder.Path, (name, _) => ValueTask.FromResult(Secrets.GetValueOrDefault(name)), new(), new FolderBlobStore(_folder.Of("cache"), TimeProvider.System))
        {
            Hub = new HubSettings(Server.Address) { FirstPause = TimeSpan.FromMilliseconds(1), Silence = TimeSpan.FromSeconds(20), LongestPause = TimeSpan.FromSeconds(5) },
        };
        return (HubBackend)await HubSource.Kind.Open(new("d", new("d", values), services), default);
    }

    public async Task<string[]> PathsAsync(string settings = "{}")
    {
        await using var backend = await OpenAsync(settings);
        return [.. (await ListAsync(backend)).Select(item => item.Path)];
    }

    /// <summary>All items' bytes as text, one after another.</summary>
    public async Task<string> ReadAsync(string settings = "{}")
    {
        await using var backend = await OpenAsync(settings);
        var text = new StringBuilder();
        foreach (var item in await ListAsync(backend))
            text.Append(Encoding.UTF8.GetString(await BytesAsync(backend, item)));
        return text.ToString();
    }

    public static async Task<List<DataItem>> ListAsync(HubBackend backend)
    {
        var items = new List<DataItem>();
        await foreach (var item in backend.ListAsync(default))
            items.Add(item);
        return items;
    }

    public static async Task<byte[]> BytesAsync(HubBackend backend, DataItem item, long offset = 0, long? length = null)
    {
        await using var stream = await backend.OpenAsync(item, offset, length, default);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(Server.Folder, recursive: true);
        _folder.Dispose();
    }
}
