using Temper.Core.Ids;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>Ctrl-C and its harder kin, at whoever watches, uploads or serves.</summary>
public sealed class InterruptTests
{
    /// <summary>A program that a shell started in the background inherits that Ctrl-C is ignored.</summary>
    private static readonly string[] HearsCtrlC = ["env", "--default-signal=INT"];

    [Fact]
    public async Task Ctrl_C_while_following_stops_the_watching_and_not_the_job()
    {
        using var world = new TinyWorld(TinyWorld.Long);
        using var server = await TemperProcess.UpAsync(world.Home());
        using var client = server.Client();
        await CommandTests.PrepareAsync(world, server);
        using var following = TemperProcess.Start(["train", world.Recipe, "--follow", "--server", server.Address.AbsoluteUri], HearsCtrlC);
        var job = await CommandTests.FirstStepAsync(client);
        following.Interrupt();
        var (exit, _, errors) = await following.EndAsync();
        Assert.Equal(130, exit);
        Assert.Contains($"temper jobs {job.Id} --follow", errors);
        Assert.Equal(0, (await TemperProcess.RunAsync(["jobs", $"{job.Id}", "--follow", "--server", server.Address.AbsoluteUri])).Exit);
        Assert.Equal(1, (await TinyWorld.StateAsync(client)).ModelVersions);
    }

    [Fact]
    public async Task Ctrl_C_at_the_server_leaves_a_job_that_the_next_start_continues()
    {
        using var world = new TinyWorld(TinyWorld.Long);
        WorkId id;
        using (var server = await TemperProcess.UpAsync(world.Home(), 0, HearsCtrlC, []))
        {
            using var client = server.Client();
            await CommandTests.PrepareAsync(world, server);
            Assert.Equal(0, (await world.TrainAsync(server.Address)).Exit);
            id = (await CommandTests.FirstStepAsync(client)).Id;
            server.Interrupt();
            var exit = await server.ExitAsync(TimeSpan.FromSeconds(60));
            Assert.True(exit is 0 or 130, $"{exit}: {server.Errors}");
        }
        Assert.False(File.Exists(Path.Combine(world.Home(), "server.json")));
        using var second = await TemperProcess.UpAsync(world.Home());
        Assert.Equal(0, (await TemperProcess.RunAsync(["jobs", $"{id}", "--follow", "--server", second.Address.AbsoluteUri])).Exit);
        using var again = second.Client();
        Assert.Equal(1, (await TinyWorld.StateAsync(again)).ModelVersions);
    }

    [Fact]
    public async Task Ctrl_C_during_an_upload_is_no_loss_because_the_same_command_continues()
    {
        using var world = new TinyWorld();
        File.WriteAllBytes(Path.Combine(world.Data, "noise.bin"), new byte[96 << 20]);
        using var server = await TemperProcess.UpAsync(world.Home());
        using var upload = TemperProcess.Start(["upload", world.Data, "--dataset", "chats", "--server", server.Address.AbsoluteUri], HearsCtrlC);
        while (!upload.Errors.Contains("upload: ", StringComparison.Ordinal))
            await Task.Delay(5);
        await Task.Delay(120);
        upload.Interrupt();
        var (exit, _, _) = await upload.EndAsync();
        Assert.True(exit is 130 or 0, $"{exit}");
        var (again, _, errors) = await world.UploadAsync(server.Address);
        Assert.True(again == 0, errors);
        using var client = server.Client();
        await TinyWorld.SettleAsync(client, jobs => jobs.Count >= 1);
        Assert.Equal(1, (await TinyWorld.StateAsync(client)).DatasetVersions);
    }

    [Fact]
    public async Task A_killed_server_takes_its_jobs_process_with_it()
    {
        using var world = new TinyWorld(TinyWorld.Endless);
        using var server = await TemperProcess.UpAsync(world.Home());
        using var client = server.Client();
        await CommandTests.PrepareAsync(world, server);
        Assert.Equal(0, (await world.TrainAsync(server.Address)).Exit);
        await CommandTests.FirstStepAsync(client);
        var children = ProcessTree.Children(server.Id);
        Assert.NotEmpty(children);
        server.Kill();
        foreach (var child in children)
            await ProcessTree.GoneAsync(child);
    }
}
