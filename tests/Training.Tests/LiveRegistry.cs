using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Models;
using Temper.Registry;
using Temper.Storage.Blobs;
using Temper.Tensors;
using Temper.Testing;
using Temper.Training.Jobs;
using Temper.Training.Recipes;

namespace Temper.Training.Tests;

/// <summary>A registry with a base model and a sealed dataset, and supervisors that work for it.</summary>
internal sealed class LiveRegistry : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly WebApplication _app;

    private LiveRegistry(WebApplication app, TempFolder folder)
    {
        (_app, _folder) = (app, folder);
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Client = new(Address, null, TimeSpan.FromSeconds(5), TimeProvider.System);
    }

    public Uri Address { get; }

    public RegistryClient Client { get; }

    public IBlobStore Blobs => BlobStores.Open(_folder.Of("blobs"), TimeProvider.System);

    public string Cache => _folder.Of("cache");

    public StringWriter Log { get; } = new();

    /// <summary>Answers a request in the registry's place with this status; null lets it through.</summary>
    public Func<Microsoft.AspNetCore.Http.HttpRequest, int?> Refuses { get; set; } = _ => null;

    public static async Task<LiveRegistry> StartAsync(TimeProvider? clock = null)
    {
        var folder = new TempFolder();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(clock ?? TimeProvider.System);
        builder.AddRegistry(new RegistryOptions { Database = folder.Of("state.db"), Blobs = folder.Of("blobs"), LookEvery = TimeSpan.FromMilliseconds(200) });
        var app = builder.Build();
        LiveRegistry? live = null;
        app.Use(async (http, next) =>
        {
            if (live?.Refuses(http.Request) is { } status)
                http.Response.StatusCode = status;
            else
                await next(http);
        });
        app.MapRegistry();
        await app.StartAsync();
        live = new LiveRegistry(app, folder);
        await live.ImportBaseAsync();
        await live.SealDatasetAsync("facts", 16);
        return live;
    }

    public SupervisorOptions Options(string? dieAt = null, TimeSpan? lease = null) => new()
    {
        Executable = "dotnet",
        Arguments = [Path.Combine(AppContext.BaseDirectory, "Services.Trainer.dll"), "run-job"],
        Registry = Address,
        Blobs = _folder.Of("blobs"),
        CacheFolder = Cache,
        Threads = 1,
        Worker = "test",
        Lease = lease ?? TimeSpan.FromSeconds(20),
        DieAt = dieAt,
    };

    /// <summary>A trainer as a cluster runs it: a process of its own, with its jobs' processes below it.</summary>
    /// <param name="leaseSeconds">How long it may be silent.</param>
    /// <param name="stallAt">Durable step at which the first attempt of each job stops until it is continued.</param>
    public System.Diagnostics.Process StartTrainer(int leaseSeconds, string? stallAt = null) => System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("dotnet",
        [Path.Combine(AppContext.BaseDirectory, "Services.Trainer.dll"), $"--Registry={Address}", $"--Blobs={_folder.Of("blobs")}", $"--Trainer:Cache={Cache}", $"--Trainer:LeaseSeconds={leaseSeconds}", "--Trainer:Threads=1", .. stallAt is null ? [] : (string[])[$"--Trainer:DieAt=stall@{stallAt}"]])
    { RedirectStandardError = false })!;

    /// <summary>The job's process below <paramref name="trainer"/>, once it stands still at the step that it was told.</summary>
    public async Task<int> StalledAsync(int trainer)
    {
        for (var attempt = 0; attempt < 7200; attempt++)
        {
            if (ProcessTree.Children(trainer).Where(ProcessTree.IsStopped).ToArray() is [var process])
                return process;
            await Task.Delay(25);
        }
        throw new TimeoutException($"No process stopped within three minutes.\n{Log}");
    }

    /// <summary>Lets a process that stood still go on, with a report that is due: its answer tells at once what was asked meanwhile.</summary>
    public static async Task GoOnAsync(int process)
    {
        await Task.Delay(TimeSpan.FromSeconds(1));
        ProcessTree.Signal("CONT", process);
    }

    public async Task<JobInfo> SubmitAsync(string recipe, params string[] datasets) =>
        await Client.Jobs.CreateAsync(new(RecipeReader.Read(recipe, "test.yaml").ToJson(), "base", datasets.FirstOrDefault("facts"), ResourceName.Parse("bot"), datasets.Length == 0 ? null : datasets), default);

    /// <summary>Supervises until the job has ended.</summary>
    public async Task<JobInfo> WorkUntilEndedAsync(WorkId job, SupervisorOptions options)
    {
        using var stop = new CancellationTokenSource();
        var working = new JobSupervisor(options, Client, new RegistryDoorbell(Client), Log, TimeProvider.System).RunAsync(stop.Token);
        var ended = await UntilAsync(job, j => j.State is WorkState.Completed or WorkState.Failed or WorkState.Cancelled);
        await stop.CancelAsync();
        await working.WaitAsync(TimeSpan.FromSeconds(60));
        return ended;
    }

    /// <summary>The first of several jobs of which the condition holds.</summary>
    public async Task<JobInfo> UntilAnyAsync(IReadOnlyList<WorkId> jobs, Func<JobInfo, bool> condition)
    {
        for (var attempt = 0; ; attempt++)
        {
            var found = await Task.WhenAll(jobs.Select(async job => (await Client.Jobs.FindAsync(job, default))!));
            if (found.FirstOrDefault(condition) is { } there)
                return there;
            // What has ended stays as it is.
            if (attempt == 4800 || found.All(job => job.Ended))
                throw new TimeoutException($"The job did not get there: {JsonSerializer.Serialize(found, Wire.Json)}\n{Log}");
            await Task.Delay(50);
        }
    }

    /// <summary>The job, once the condition holds.</summary>
    public Task<JobInfo> UntilAsync(WorkId job, Func<JobInfo, bool> condition) => UntilAnyAsync([job], condition);

    public async Task<byte[]> FileOfAsync(int version, string path)
    {
        await using var stream = await Client.Models.OpenFileAsync(ResourceName.Parse("bot"), version, path, 0, default);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    private async Task ImportBaseAsync()
    {
        var path = _folder.Of("base");
        using (var engine = CpuEngine.Create(1))
        {
            var json = BpeTrainer.Train(["what is the colour of the box, who made it, how much is it and where is it from"], 300, ["<|im_start|>", "<|im_end|>"]);
            var tokenizer = Tokenizer.Parse(json);
            using var decoder = Models.Decoder.Create(engine, Tiny.Config with { VocabularySize = tokenizer.VocabularySize, MaxPositions = 256 }, 3);
            ModelFolder.Save(path, decoder, json, ChatTemplate.ChatMl, new GenerationConfig { EosTokenIds = [tokenizer.IdOf("<|im_end|>")!.Value] });
        }
        await UploadAsync(UploadKind.Model, "base", [.. Directory.EnumerateFiles(path).Order(StringComparer.Ordinal).Select(f => (Path.GetFileName(f), File.ReadAllBytes(f)))]);
    }

    /// <summary>Seals a version of a dataset with so many chats.</summary>
    public Task SealDatasetAsync(string dataset, int records) => SealDatasetAsync(dataset, [.. Enumerable.Range(0, records).Select(i => new CanonicalRecord(Digest.OfText($"{dataset} {i}"), RecordKind.Messages, new(dataset + ".jsonl", i + 1, 0))
    {
        Messages = [new("user", $"what is number {i}"), new("assistant", $"it is the {(char)('a' + i)} box")],
    })]);

    /// <summary>Seals a version of a dataset with these records.</summary>
    public async Task SealDatasetAsync(string dataset, IReadOnlyList<CanonicalRecord> records)
    {
        var name = ResourceName.Parse(dataset);
        await UploadAsync(UploadKind.Dataset, dataset, [(dataset + ".jsonl", Encoding.UTF8.GetBytes("{}\n"))]);
        var claim = (await Client.Work.ClaimAsync(new("test", [WorkKind.Ingest], 60, 5), default))!;
        var lines = string.Concat(records.Select(record => JsonSerializer.Serialize(record, Wire.Json) + "\n"));
        var key = "0123456789abcdef0123456789abcdef";
        var shard = await PutAsync(name, key, "records-00000.jsonl", Encoding.UTF8.GetBytes(lines));
        var ledger = new Ledger(records.Count, records.Count, 0, 0, 0);
        var manifest = new DatasetManifest(1, name, key, ledger, [], [], [shard], Wire.ToElement(new { }));
        var sealing = await PutAsync(name, key, DatasetManifest.FileName, JsonSerializer.SerializeToUtf8Bytes(manifest, Wire.Json));
        await Client.Work.FinishAsync(claim.Id, new(claim.Fence, WorkState.Completed, Wire.ToElement(new IngestResult(name, key, true, ledger, [], [sealing, shard], [])), null), default);
    }

    private async Task<FileEntry> PutAsync(ResourceName name, string key, string file, byte[] bytes)
    {
        using var content = new MemoryStream(bytes);
        Assert.NotNull(await Blobs.CreateAsync(BlobLayout.Dataset(name, key, file), content, default));
        return new(file, bytes.Length, Digest.Of(bytes));
    }

    private async Task UploadAsync(UploadKind kind, string name, (string Path, byte[] Bytes)[] files)
    {
        var session = await Client.Uploads.OpenAsync(new(kind, ResourceName.Parse(name), [.. files.Select(f => new FileEntry(f.Path, f.Bytes.Length, Digest.Of(f.Bytes)))]), default);
        for (var i = 0; i < files.Length; i++)
            if (session.Files[i].Received < files[i].Bytes.Length)
                await Client.Uploads.SendAsync(session.Id, i, 0, files[i].Bytes, default);
        await Client.Uploads.CompleteAsync(session.Id, default);
    }
}
