using System.Security.Cryptography;
using Temper.Core.Work;

namespace Temper.Hosts.Tests;

/// <summary>A disk that is full or read-only: clear words, exit 5, and when there is room again everything goes on.</summary>
[Trait("Needs", "mounts")]
public sealed class DiskTests : IDisposable
{
    private readonly SmallDisk _disk = new();

    public void Dispose() => _disk.Dispose();

    [Fact]
    public async Task A_home_on_a_read_only_disk_is_named()
    {
        var (exit, _, errors) = await _disk.RunAsync(["up", "--home", _disk.Home, "--port", "0"], _disk.ReadOnly);
        Assert.Equal(5, exit);
        Assert.Contains("permission_denied", errors);
        Assert.Contains(_disk.Home, errors);
        Assert.DoesNotContain("Internal error", errors);
    }

    [Fact]
    public async Task A_home_that_became_read_only_is_named_too()
    {
        using (await TemperProcess.UpAsync(_disk.Home))
        {
            // It leaves a database, a lock and blobs behind.
        }
        var (exit, _, errors) = await _disk.RunAsync(["up", "--home", _disk.Home, "--port", "0"], _disk.ReadOnly);
        Assert.Equal(5, exit);
        Assert.Contains("permission_denied", errors);
        Assert.DoesNotContain("Internal error", errors);
    }

    [Fact]
    public async Task A_disk_that_is_full_from_the_start_is_named()
    {
        var (exit, _, errors) = await _disk.RunAsync(["up", "--home", _disk.Home, "--port", "0"], $"mount -t tmpfs -o size=16k tmpfs {_disk.Home} && (head -c 99999 /dev/zero > {_disk.Home}/ballast || true)");
        Assert.Equal(5, exit);
        Assert.Contains("disk_full", errors);
        Assert.DoesNotContain("Internal error", errors);
    }

    [Fact]
    public async Task An_upload_to_a_full_disk_is_refused_and_continues_when_there_is_room()
    {
        using var world = new TinyWorld();
        File.WriteAllText(Path.Combine(world.Data, "noise.txt"), Convert.ToHexString(RandomNumberGenerator.GetBytes(4 << 20)));
        using var server = await _disk.UpAsync("32m", 28 << 20);
        var (full, _, errors) = await world.UploadAsync(server.Address);
        Assert.Equal(5, full);
        Assert.Contains("disk_full", errors);
        Assert.False(server.HasExited);
        _disk.ThrowBallast(server);
        File.Delete(Path.Combine(world.Data, "noise.txt"));
        Assert.Equal(0, (await world.UploadAsync(server.Address)).Exit);
        using var client = server.Client();
        await TinyWorld.SettleAsync(client, jobs => jobs.Count > 0);
        Assert.Equal(TinyWorld.Accepted, (await TinyWorld.StateAsync(client)).Ledger?.Accepted);
    }

    [Fact]
    public async Task A_job_that_finds_the_disk_full_waits_and_ends_in_the_same_bits_when_there_is_room()
    {
        using var world = new TinyWorld(TinyWorld.Long);
        var undisturbed = await AdapterAsync(world, await TemperProcess.UpAsync(world.Home()), _ => Task.CompletedTask);
        var disturbed = await AdapterAsync(world, await _disk.UpAsync("64m", 0), async server =>
        {
            await FillAsync(server);
            for (var n = 0; n < 600 && !server.Errors.Contains("disk_full", StringComparison.Ordinal); n++)
                await Task.Delay(100);
            Assert.Contains("disk_full", server.Errors);
            Assert.False(server.HasExited);
            _disk.ThrowBallast(server);
        });
        Assert.Equal(undisturbed, disturbed);
    }

    /// <summary>Trains while something is done to the server; the digest of the only version.</summary>
    private static async Task<string> AdapterAsync(TinyWorld world, TemperProcess server, Func<TemperProcess, Task> disturb)
    {
        using var ending = server;
        using var client = server.Client();
        await world.ImportBaseAsync(server.Address);
        Assert.Equal(0, (await world.UploadAsync(server.Address)).Exit);
        await TinyWorld.SettleAsync(client, jobs => jobs.Count > 0);
        var training = world.TrainAsync(server.Address, "--follow");
        await disturb(server);
        var (exit, _, errors) = await training;
        Assert.True(exit == 0, errors + server.Errors);
        var state = await TinyWorld.StateAsync(client);
        Assert.Equal(1, state.ModelVersions);
        return state.Adapter;
    }

    /// <summary>Takes all that is left, once the first step is done.</summary>
    private async Task FillAsync(TemperProcess server)
    {
        using var client = server.Client();
        while (!(await client.Jobs.ListAsync(WorkKind.Train, null, default)).Items.Any(j => j.Step > 0))
            await Task.Delay(50);
        await using var ballast = new FileStream($"/proc/{server.Id}/root{_disk.Home}/ballast", FileMode.Create, FileAccess.Write, FileShare.ReadWrite, 0);
        var block = new byte[4096];
        try
        {
            while (true)
                await ballast.WriteAsync(block);
        }
        catch (IOException)
        {
            // Full.
        }
    }
}
