using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using OpenAI;
using OpenAI.Files;
using OpenAI.FineTuning;

namespace Temper.Registry.Tests.OpenAi;

/// <summary>Files and jobs through the official .NET client.</summary>
public sealed class NuGetClientTests
{
    private const string Chats = "{\"messages\":[{\"role\":\"user\",\"content\":\"hello\"},{\"role\":\"assistant\",\"content\":\"hi\"}]}\n";

    [Fact]
    public async Task The_official_client_uploads_trains_follows_and_cancels()
    {
        await using var host = await RegistryHost.StartAsync();
        await host.ImportAsync("base");
        await using var workers = new ActingWorkers(host);
        var client = Client(host);
        var files = client.GetOpenAIFileClient();
        using var text = new MemoryStream(Encoding.UTF8.GetBytes(Chats));
        var file = (await files.UploadFileAsync(text, "chats.jsonl", FileUploadPurpose.FineTune)).Value;
        Assert.Equal((Chats.Length, "chats.jsonl"), (file.SizeInBytes, file.Filename));
        Assert.Equal(Chats, (await files.DownloadFileAsync(file.Id)).Value.ToString());
        Assert.Contains((await files.GetFilesAsync(FilePurpose.FineTune)).Value, listed => listed.Id == file.Id);

        var tuning = client.GetFineTuningClient();
        var job = await tuning.FineTuneAsync("base", file.Id, waitUntilCompleted: false, new() { Suffix = "bot", Seed = 7, TrainingMethod = FineTuningTrainingMethod.CreateSupervised(epochCount: 1) });
        await UntilAsync(job, () => job.Status == FineTuningStatus.Running);
        await host.Client.Jobs.PauseAsync(Core.Ids.WorkId.Parse(job.JobId), default);
        await UntilAsync(job, () => job.Status == FineTuningStatus.Queued);
        await host.Client.Jobs.ResumeAsync(Core.Ids.WorkId.Parse(job.JobId), default);
        await UntilAsync(job, () => job.Status == FineTuningStatus.Succeeded);
        Assert.Equal($"ft:base:bot:{job.JobId}", job.Value);
        var events = new List<FineTuningEvent>();
        await foreach (var happened in job.GetEventsAsync(new GetEventsOptions { PageSize = 3 }))
            events.Add(happened);
        Assert.Equal(events.Count, events.Select(e => e.Id).Distinct().Count());
        Assert.Contains(events, e => e.Message.Contains("completed", StringComparison.Ordinal));
        var checkpoints = new List<FineTuningCheckpoint>();
        await foreach (var checkpoint in job.GetCheckpointsAsync())
            checkpoints.Add(checkpoint);
        Assert.Equal((3, $"ft:base:bot:{job.JobId}:ckpt-step-3"), (Assert.Single(checkpoints).StepNumber, checkpoints[0].ModelId));

        var other = await tuning.FineTuneAsync("base", file.Id, waitUntilCompleted: false);
        await other.CancelAndUpdateAsync();
        await UntilAsync(other, () => other.Status == FineTuningStatus.Cancelled);
        var refused = await Assert.ThrowsAsync<ClientResultException>(() => tuning.FineTuneAsync("nobody", file.Id, waitUntilCompleted: false));
        Assert.Equal(404, refused.Status);
        Assert.Contains("model_not_found", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_waits_for_its_validation_file_measures_it_and_says_which_of_two_files_is_bad()
    {
        await using var host = await RegistryHost.StartAsync();
        await host.ImportAsync("base");
        await using var workers = new ActingWorkers(host);
        var (files, tuning) = (Client(host).GetOpenAIFileClient(), Client(host).GetFineTuningClient());
        async Task<string> SendAsync(string name)
        {
            using var text = new MemoryStream(Encoding.UTF8.GetBytes(Chats.Replace("hi", name, StringComparison.Ordinal)));
            return (await files.UploadFileAsync(text, name, FileUploadPurpose.FineTune)).Value.Id;
        }
        var (train, exam, bad) = (await SendAsync("chats.jsonl"), await SendAsync("exam.jsonl"), await SendAsync("bad.jsonl"));
        var job = await tuning.FineTuneAsync("base", train, waitUntilCompleted: false, new() { ValidationFile = exam });
        await UntilAsync(job, () => job.Status == FineTuningStatus.Running);
        Assert.Contains($"\"validation_file\":\"{exam}\"", await host.Client.Http.GetStringAsync($"v1/fine_tuning/jobs/{job.JobId}"), StringComparison.Ordinal);
        await job.CancelAndUpdateAsync();

        var failed = await tuning.FineTuneAsync("base", train, waitUntilCompleted: false, new() { ValidationFile = bad });
        await UntilAsync(failed, () => failed.Status == FineTuningStatus.Failed);
        Assert.Contains("\"param\":\"validation_file\"", await host.Client.Http.GetStringAsync($"v1/fine_tuning/jobs/{failed.JobId}"), StringComparison.Ordinal);
        Assert.Equal(400, (await Assert.ThrowsAsync<ClientResultException>(() => tuning.FineTuneAsync("base", train, waitUntilCompleted: false, new() { ValidationFile = train }))).Status);
        Assert.Equal(404, (await Assert.ThrowsAsync<ClientResultException>(() => tuning.FineTuneAsync("base", train, waitUntilCompleted: false, new() { ValidationFile = "file-none" }))).Status);
    }

    [Fact]
    public async Task What_a_job_made_is_found_by_the_name_that_the_client_was_given()
    {
        await using var host = await RegistryHost.StartAsync();
        await host.ImportAsync("base");
        await host.IngestAsync("chats", "{}", "00aa");
        var id = (await host.StartJobAsync()).Id;
        var claim = (await host.ClaimAsync(Core.Work.WorkKind.Train))!;
        await Say.RefusedAsync("not_found", () => host.Client.Models.ResolveAsync($"ft:base::{id}", default));
        await host.FinishAsync(claim, await host.TrainAsync(claim));
        Assert.Equal("bot", (await host.Client.Models.ResolveAsync($"ft:base::{id}", default)).Pin.Name.ToString());
        var job = await Client(host).GetFineTuningClient().GetJobAsync(id.ToString());
        Assert.Equal($"ft:base::{id}", job.Value);
    }

    [Fact]
    public async Task A_checkpoint_is_found_by_its_name_while_the_job_runs_and_its_files_come_as_the_trainer_wrote_them()
    {
        await using var host = await (await RegistryHost.StartAsync()).WithInputsAsync();
        var id = (await host.StartJobAsync()).Id;
        var claim = (await host.ClaimAsync(Core.Work.WorkKind.Train))!;
        var name = $"ft:base::{id}:ckpt-step-4";
        await Say.RefusedAsync("not_found", () => host.Client.Models.ResolveAsync(name, default));
        var files = new[] { ("adapter_config.json", "{}"), ("adapter_model.safetensors", "weights"), ("optimizer.safetensors", "moments") }.Select(f => (f.Item1, Encoding.UTF8.GetBytes(f.Item2))).ToList();
        var seal = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new { format = 1, files = files.Select(f => Actors.Entry(f.Item1, f.Item2)) }, Core.Json.Wire.Json);
        foreach (var (path, bytes) in files.Append(("_complete.json", seal)))
            await host.Get<Core.Blobs.IBlobStore>().CreateAsync(Core.Blobs.BlobLayout.Run(id, claim.Fence, $"checkpoints/step-4/{path}"), new MemoryStream(bytes), default);
        var found = await host.Client.Models.ResolveAsync(name, default);
        Assert.Equal(("base", 4, 2), (found.Pin.Base!.Name.ToString(), found.Pin.Checkpoint!.Step, found.Pin.Files.Count));
        using var folder = new Testing.TempFolder();
        var local = await new Core.Registry.ModelFolderCache(host.Client, folder.Of("cache"), TimeProvider.System).GetAsync(found.Pin, default);
        Assert.Equal("weights", await File.ReadAllTextAsync(Path.Combine(local, "adapter_model.safetensors")));
        await Say.RefusedAsync("not_found", () => host.Client.Models.OpenFileAsync(found.Pin, "optimizer.safetensors", 0, default));
    }

    [Fact]
    public async Task A_server_with_a_key_refuses_others_in_the_shape_that_the_client_reads()
    {
        using var folder = new Testing.TempFolder();
        await using var host = await RegistryHost.StartAsync(RegistryHost.OnFiles(folder) with { ApiKey = "a-key-of-sixteen-letters" });
        using var http = new HttpClient { BaseAddress = host.Address };
        using var answer = await http.GetAsync("v1/files");
        Assert.Equal(401, (int)answer.StatusCode);
        Assert.Contains("\"error\":{\"message\":", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var unknown = await host.Client.Http.GetAsync("v1/fine_tuning/nothing");
        Assert.Equal(404, (int)unknown.StatusCode);
        Assert.Contains("\"type\":\"invalid_request_error\"", await unknown.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static OpenAIClient Client(RegistryHost host) =>
        new(new ApiKeyCredential("unused"), new OpenAIClientOptions { Endpoint = new(host.Address, "v1"), RetryPolicy = new ClientRetryPolicy(0) });

    private static async Task UntilAsync(FineTuningJob job, Func<bool> there)
    {
        for (var n = 0; n < 1200 && !there(); n++)
        {
            await Task.Delay(50);
            await job.UpdateStatusAsync(CancellationToken.None);
        }
        Assert.True(there(), $"{job.JobId} is {job.Status}");
    }
}
