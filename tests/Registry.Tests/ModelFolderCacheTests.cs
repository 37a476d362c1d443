using Temper.Core.Errors;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Testing;
using static Temper.Registry.Tests.Actors;

namespace Temper.Registry.Tests;

/// <summary>Local copies of model versions are what the registry says, or are fetched anew.</summary>
public sealed class ModelFolderCacheTests
{
    [Fact]
    public async Task A_copy_that_was_damaged_on_the_disk_is_fetched_anew()
    {
        await using var host = await RegistryHost.StartAsync();
        var pin = await PinAsync(host);
        using var cache = new TempFolder();
        var folder = await Cache(host, cache).GetAsync(pin, None);
        foreach (var damage in (string[])["0123456780", "012", ""])
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "model.safetensors"), damage);
            Assert.Equal(folder, await Cache(host, cache).GetAsync(pin, None));
            Assert.Equal("0123456789", await File.ReadAllTextAsync(Path.Combine(folder, "model.safetensors")));
        }
        File.Delete(Path.Combine(folder, "config.json"));
        await Cache(host, cache).GetAsync(pin, None);
        Assert.True(File.Exists(Path.Combine(folder, "config.json")));
        Assert.Equal([folder], Directory.GetDirectories(cache.Path));
    }

    [Fact]
    public async Task A_byte_that_changed_in_the_registrys_store_is_an_integrity_error_and_not_a_broken_connection()
    {
        await using var host = await RegistryHost.StartAsync();
        var content = Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8 << 20));
        await host.ImportAsync("base", content);
        var pin = (await host.Client.Models.VersionsAsync(Core.Ids.ResourceName.Parse("base"), None))!.Items[0].Pin;
        foreach (var pack in Directory.GetFiles(host.Options.Blobs, "*", SearchOption.AllDirectories).Where(f => f.Contains("packs", StringComparison.Ordinal) && new FileInfo(f).Length > 1 << 20))
        {
            var bytes = await File.ReadAllBytesAsync(pack);
            bytes[bytes.Length * 3 / 4] ^= 1;
            await File.WriteAllBytesAsync(pack, bytes);
        }
        using var cache = new TempFolder();
        var error = await Assert.ThrowsAsync<TemperException>(() => Cache(host, cache).GetAsync(pin, None));
        Assert.Equal(("object_corrupt", ErrorKind.Integrity), (error.Code, error.Kind));
        Assert.Empty(Directory.GetDirectories(cache.Path));
    }

    [Fact]
    public async Task Many_who_ask_at_once_get_one_whole_folder()
    {
        await using var host = await RegistryHost.StartAsync();
        var pin = await PinAsync(host);
        using var cache = new TempFolder();
        var folders = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Cache(host, cache).GetAsync(pin, None))));
        Assert.Single(folders.Distinct());
        Assert.Equal("0123456789", await File.ReadAllTextAsync(Path.Combine(folders[0], "model.safetensors")));
        Assert.Equal([folders[0]], Directory.GetDirectories(cache.Path));
    }

    [Fact]
    public async Task What_a_killed_process_had_begun_to_fetch_is_removed_after_two_days_and_not_before()
    {
        await using var host = await RegistryHost.StartAsync();
        using var cache = new TempFolder();
        var old = Directory.CreateDirectory(cache.Of("arriving-old"));
        old.LastWriteTimeUtc = DateTime.UtcNow.AddDays(-3);
        var fresh = Directory.CreateDirectory(cache.Of("arriving-fresh"));
        await Cache(host, cache).GetAsync(await PinAsync(host), None);
        Assert.False(Directory.Exists(old.FullName));
        Assert.True(Directory.Exists(fresh.FullName));
    }

    private static ModelFolderCache Cache(RegistryHost host, TempFolder folder) => new(host.Client, folder.Path, TimeProvider.System);

    private static async Task<ModelPin> PinAsync(RegistryHost host)
    {
        await host.ImportAsync("base", "0123456789");
        return (await host.Client.Models.VersionsAsync(Core.Ids.ResourceName.Parse("base"), None))!.Items[0].Pin;
    }
}
