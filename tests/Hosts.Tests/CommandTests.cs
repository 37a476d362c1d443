using System.Net;
using System.Text.Json;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>Ways in and ways out: dropped files, plain PUT, bound recipes, cancelling.</summary>
public sealed class CommandTests
{
    [Fact]
    public async Task A_file_and_a_folder_dropped_where_the_server_watches_are_ingested_once()
    {
        using var world = new TinyWorld();
        using var folder = new TempFolder();
        var inbox = Directory.CreateDirectory(folder.Of("inbox")).FullName;
        foreach (var start in (int[])[1, 2])
        {
            using var server = await TemperProcess.UpAsync(world.Home(), 0, [], ["--watch", inbox]);
            using var client = server.Client();
            Directory.CreateDirectory(Path.Combine(inbox, "chats"));
            foreach (var file in start == 1 ? Directory.GetFiles(world.Data) : [])
                File.Copy(file, Path.Combine(inbox, "chats", Path.GetFileName(file)));
            if (start == 1)
                File.WriteAllText(Path.Combine(inbox, "notes.jsonl"), """{"text": "one note"}""" + "\n");
            var jobs = await TinyWorld.SettleAsync(client, all => all.Count >= 2);
            await Task.Delay(start == 1 ? 0 : 3000);
            Assert.Equal(2, (await client.Jobs.ListAsync(null, null, default)).Items.Count);
            Assert.Equal(["chats", "notes"], jobs.Select(j => j.Outcome!.Name!.Value.ToString()).Order());
            Assert.Equal(TinyWorld.Accepted, (await TinyWorld.StateAsync(client)).Ledger?.Accepted);
        }
    }

    [Fact]
    public async Task A_plain_put_as_curl_sends_it_becomes_a_dataset()
    {
        using var world = new TinyWorld();
        using var server = await TemperProcess.UpAsync(world.Home());
        using var http = new HttpClient();
        using var body = new ByteArrayContent("{\"text\": \"one note\"}\n{\"text\": \"another one, about boxes\"}\n"u8.ToArray());
        var answer = await http.PutAsync(new Uri(server.Address, "api/v1/uploads/notes/notes.jsonl"), body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        using var client = server.Client();
        await TinyWorld.SettleAsync(client, jobs => jobs.Count == 1);
        var version = Assert.Single((await client.Datasets.VersionsAsync(ResourceName.Parse("notes"), null, default))!.Items);
        Assert.Equal(2, version.Ledger.Accepted);
    }

    [Fact]
    public async Task A_bound_recipe_starts_a_job_for_every_sealed_version()
    {
        using var world = new TinyWorld(steps: 2);
        using var server = await TemperProcess.UpAsync(world.Home());
        using var client = server.Client();
        await world.ImportBaseAsync(server.Address);
        var (bound, output, _) = await world.TrainAsync(server.Address, "--on", "chats");
        Assert.Equal(0, bound);
        Assert.Equal("chats", JsonDocument.Parse(output).RootElement.GetProperty("bound").GetString());
        Assert.Equal(0, (await world.UploadAsync(server.Address)).Exit);
        await TinyWorld.SettleAsync(client, jobs => jobs.Count(j => j.Kind == WorkKind.Train) == 1);
        File.AppendAllText(Path.Combine(world.Data, "chats.jsonl"), """{"messages": [{"role": "user", "content": "what came later"}, {"role": "assistant", "content": "a box of nothing"}]}""" + "\n");
        Assert.Equal(0, (await world.UploadAsync(server.Address)).Exit);
        await TinyWorld.SettleAsync(client, jobs => jobs.Count(j => j.Kind == WorkKind.Train) == 2);
        var models = (await client.Models.VersionsAsync(ResourceName.Parse("bot"), default))!.Items;
        Assert.Equal([1, 2], models.Select(m => m.Pin.Version).Order());
    }

    [Fact]
    public async Task A_cancelled_job_is_not_a_failed_one_and_whoever_follows_it_exits_with_4()
    {
        using var world = new TinyWorld(TinyWorld.Endless);
        using var server = await TemperProcess.UpAsync(world.Home());
        using var client = server.Client();
        await PrepareAsync(world, server);
        var following = world.TrainAsync(server.Address, "--follow");
        var job = await FirstStepAsync(client);
        Assert.Equal(0, (await TemperProcess.RunAsync(["jobs", $"{job.Id}", "--cancel", "--server", server.Address.AbsoluteUri])).Exit);
        Assert.Equal(4, (await following).Exit);
        Assert.Equal(WorkState.Cancelled, (await client.Jobs.FindAsync(job.Id, default))!.State);
        Assert.Equal(0, (await TinyWorld.StateAsync(client)).ModelVersions);
        Assert.Equal(4, (await TemperProcess.RunAsync(["jobs", $"{job.Id}", "--follow", "--server", server.Address.AbsoluteUri])).Exit);
    }

    internal static async Task PrepareAsync(TinyWorld world, TemperProcess server)
    {
        using var client = server.Client();
        await world.ImportBaseAsync(server.Address);
        Assert.Equal(0, (await world.UploadAsync(server.Address)).Exit);
        await TinyWorld.SettleAsync(client, jobs => jobs.Count > 0);
    }

    internal static async Task<JobInfo> FirstStepAsync(RegistryClient client)
    {
        for (var i = 0; i < 2400; i++)
        {
            if ((await client.Jobs.ListAsync(WorkKind.Train, null, default)).Items.FirstOrDefault(j => j.Step > 0) is { } job)
                return job;
            await Task.Delay(50);
        }
        throw new TimeoutException("no job took a step");
    }
}
