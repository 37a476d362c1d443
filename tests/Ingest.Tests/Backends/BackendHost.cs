using System.Net;
using System.Text.Json;
using Temper.Storage.Folder;
using Temper.Testing;

namespace Temper.Ingest.Tests.Backends;

/// <summary>What a host lends to backends, in a folder of its own: secrets, a policy that reaches loopback, a cache.</summary>
internal sealed class BackendHost : IDisposable
{
    private readonly TempFolder _folder = new();

    public BackendHost()
    {
        Directory.CreateDirectory(Root);
        Cache = new FolderBlobStore(_folder.Of("cache"), TimeProvider.System);
    }

    /// <summary>Where local data must lie.</summary>
    public string Root => _folder.Of("root");

    /// <summary>Beside the root.</summary>
    public string Outside => _folder.Of("outside");

    public FolderBlobStore Cache { get; }

    public string CacheFolder => _folder.Of("cache");

    public Dictionary<string, string> Secrets { get; } = [];

    public FetchPolicy Policy { get; set; } = new() { AllowHttp = true, AllowedNetworks = [IPNetwork.Parse("127.0.0.0/8")] };

    public BackendServices Services => new(TimeProvider.System, Root, (name, _) => ValueTask.FromResult(Secrets.GetValueOrDefault(name)), Policy, Cache);

    /// <summary>Opens a backend by its type, as a configuration names it.</summary>
    public Task<IDataBackend> OpenAsync(string type, object settings)
    {
        var values = JsonSerializer.SerializeToElement(settings).EnumerateObject().ToDictionary(p => p.Name, p => p.Value);
        return BackendKinds.BuiltIn.Single(kind => kind.IsCalled(type)).Open(new("pictures", new BackendSettings("pictures", values), Services), CancellationToken.None);
    }

    public void Dispose() => _folder.Dispose();
}
