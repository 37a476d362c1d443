using System.Globalization;
using Temper.Core.Ids;
using Temper.Registry.Tests.Repositories;
using Temper.Testing;
using Temper.Testing.Servers;
using Temper.Versioning.Sync;
using static Temper.Registry.Tests.Sync.Clone;

namespace Temper.Registry.Tests.Sync;

/// <summary>The contract on a repository of a server, and what bad lines do to it.</summary>
public sealed class HttpRemoteTests : RemoteContract
{
    /// <summary>Size of the model that crosses a bad line; the full size where the environment says so.</summary>
    private static readonly int Megabytes = int.Parse(Environment.GetEnvironmentVariable("TEMPER_TEST_LINE_MB") ?? "12", CultureInfo.InvariantCulture);

    /// <summary>What may be sent beside the model: with every cut all that was under way is lost, which is much of a small model on a busy machine.</summary>
    private static readonly double Slack = Megabytes > 100 ? 1.05 : 1.5;

    private protected override async Task<IRemotePlace> NewPlaceAsync() => new Place(await RegistryHost.StartAsync());

    [Fact]
    public async Task After_a_change_of_a_twentieth_little_more_than_that_crosses_the_line()
    {
        await using var host = await RegistryHost.StartAsync();
        await using var proxy = new CuttingProxy(host.Address.Port);
        await using var ada = await NewAsync();
        await PushAsync(ada, proxy, await ada.CommitAsync("main", ("model.safetensors", Tensors(1))));
        Assert.InRange(proxy.Up, 20 << 20, (long)(1.02 * (20 << 20)));
        var before = proxy.Up;
        await PushAsync(ada, proxy, await ada.CommitAsync("main", ("model.safetensors", Tensors(2))));
        Assert.InRange(proxy.Up - before, 1 << 20, (long)(1.06 * (1 << 20)));
    }

    /// <summary>Twenty tensors of a mebibyte, of which the seventh depends on the version.</summary>
    private static byte[] Tensors(int version)
    {
        var header = Text("{" + string.Join(",", Enumerable.Range(0, 20).Select(n => $"\"t{n}\":{{\"dtype\":\"F32\",\"shape\":[262144],\"data_offsets\":[{n << 20},{(n + 1) << 20}]}}")) + "}");
        return [.. BitConverter.GetBytes((long)header.Length), .. header, .. Enumerable.Range(0, 20).SelectMany(n => RepositoryTests.Noise(1 << 20, n == 6 ? 100 + version : n))];
    }

    [Fact]
    public async Task A_line_that_breaks_all_the_time_lets_a_model_through_both_ways_without_sending_it_twice()
    {
        await using var host = await RegistryHost.StartAsync();
        var (cut, size) = (Megabytes > 100 ? 7_000_000L : 3_000_000, (long)Megabytes << 20);
        await using var ada = await NewAsync();
        await using var bob = await NewAsync();
        var commit = await ada.CommitAsync("main", ("model.bin", RepositoryTests.Noise((int)size, 1)));
        await using (var proxy = new CuttingProxy(host.Address.Port, cut))
        {
            await PushAsync(ada, proxy, commit);
            Assert.InRange(proxy.Cuts, size / cut, size / cut * 2);
            Assert.InRange(proxy.Up, size, (long)(size * Slack));
        }
        await using (var proxy = new CuttingProxy(host.Address.Port, cut))
        {
            await using var remote = new HttpRemote(Repo(proxy.Address), null, bob.Scratch, bob.Meter, TimeProvider.System);
            await bob.FetchAsync(remote);
            Assert.InRange(proxy.Cuts, size / cut, size / cut * 2);
            Assert.InRange(proxy.Down, size, (long)(size * Slack));
        }
        Assert.Equal(await ada.FilesAsync(commit), await bob.FilesAsync(commit));
    }

    [Fact]
    public async Task What_arrived_before_the_server_died_is_not_sent_again()
    {
        using var folder = new TempFolder();
        var options = RegistryHost.OnFiles(folder);
        await using var ada = await NewAsync();
        var commit = await ada.CommitAsync("main", ("model.bin", RepositoryTests.Noise(12 << 20, 1)));
        await using (var host = await RegistryHost.StartAsync(options))
        {
            await using var proxy = new CuttingProxy(host.Address.Port);
            using var stop = new CancellationTokenSource();
            await using var remote = new HttpRemote(Repo(proxy.Address), null, ada.Scratch, ada.Meter, TimeProvider.System) { PackSize = 4 << 20 };
            await remote.EnsureAsync("main", default);
            var push = new Pusher(ada.Repository, remote, ada.Meter).RunAsync([new("refs/heads/main", commit, false)], false, stop.Token);
            while (proxy.Up < 10 << 20 && !push.IsCompleted)
                await Task.Delay(20);
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => push);
        }
        await using var again = await RegistryHost.StartAsync(options);
        Assert.Empty(await again.Client.Repositories.RefsAsync(new(ResourceName.Parse("team"), ResourceName.Parse("model")), "", default));
        await using var counting = new CuttingProxy(again.Address.Port);
        await PushAsync(ada, counting, commit);
        Assert.InRange(counting.Up, 0, 5 << 20);
        await using var bob = await NewAsync();
        await using var source = new HttpRemote(Repo(again.Address), null, bob.Scratch, bob.Meter, TimeProvider.System);
        await bob.FetchAsync(source);
        Assert.Equal(await ada.FilesAsync(commit), await bob.FilesAsync(commit));
    }

    [Fact]
    public async Task An_address_that_names_nothing_says_so()
    {
        await using var host = await RegistryHost.StartAsync();
        await using var ada = await NewAsync();
        Assert.Throws<Core.Errors.TemperException>(() => new HttpRemote(host.Address, null, ada.Scratch, ada.Meter, TimeProvider.System));
        await using var remote = new HttpRemote(Repo(host.Address), null, ada.Scratch, ada.Meter, TimeProvider.System);
        await Say.RefusedAsync("remote_unknown", () => remote.ReadAsync(default));
    }

    internal static Uri Repo(Uri server) => new(server, "team/model");

    private static async Task PushAsync(Clone clone, CuttingProxy proxy, Digest commit)
    {
        await using var remote = new HttpRemote(Repo(proxy.Address), null, clone.Scratch, clone.Meter, TimeProvider.System) { PackSize = Megabytes > 100 ? 64 << 20 : 4 << 20 };
        await remote.EnsureAsync("main", default);
        Assert.Null(Assert.Single(await clone.PushAsync(remote, "main", commit)).Refused);
    }

    private sealed class Place(RegistryHost host) : IRemotePlace
    {
        public async Task<IRemote> OpenAsync(Clone clone)
        {
            var remote = new HttpRemote(Repo(host.Address), null, clone.Scratch, clone.Meter, TimeProvider.System);
            await remote.EnsureAsync("main", default);
            return remote;
        }

        public ValueTask DisposeAsync() => host.DisposeAsync();
    }
}
