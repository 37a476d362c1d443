using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Testing;
using Temper.Versioning.Content;
using static Temper.Registry.Tests.Actors;

namespace Temper.Registry.Tests;

/// <summary>What finishing makes: dataset versions and model versions, once each.</summary>
public sealed class PublicationTests
{
    private static readonly ResourceName Chats = ResourceName.Parse("chats");
    private static readonly ResourceName Bot = ResourceName.Parse("bot");

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task One_upload_becomes_one_model_version_with_its_whole_lineage(string database)
    {
        using var folder = new TempFolder();
        await using var host = await (await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder))).WithInputsAsync();
        var job = await host.StartJobAsync();
        var claim = (await host.ClaimAsync(WorkKind.Train))!;
        Assert.Equal(job.Id, claim.Id);
        var outcome = await host.FinishAsync(claim, await host.TrainAsync(claim));
        Assert.Equal((WorkState.Completed, Bot, 1), (outcome.State, outcome.Name, outcome.Version));

        var version = await host.Client.Models.ResolveAsync("bot", None);
        Assert.Equal(outcome.Commit, version.Pin.Commit);
        Assert.Equal(["latest"], version.Aliases);
        Assert.Equal(("base", 1), (version.Pin.Base!.Name.ToString(), version.Pin.Base.Version));
        Assert.Equal((job.Id, "chats", 0.25), (version.Lineage!.Job, version.Lineage.Dataset.Name.ToString(), version.Metrics["final_loss"]));
        Assert.Equal(claim.Traceparent, version.Traceparent);
        var commit = await host.Get<ContentStore>().ReadCommitAsync(version.Pin.Commit, None);
        Assert.Equal(job.Id.ToString(), commit.Run);
        Assert.Equal([$"datasets/chats@{version.Lineage.Dataset.Commit}", $"models/base@{version.Pin.Base.Commit}"], commit.Inputs);
        Assert.Equal(1.0, (await host.Client.Jobs.FindAsync(job.Id, None))!.Progress);
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Ingesting_the_same_content_again_ends_with_the_version_that_exists(string database)
    {
        using var folder = new TempFolder();
        await using var host = await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder));
        var first = await host.IngestAsync("chats", "{}", "00aa");
        var again = await host.IngestAsync("chats", "{}", "00aa");
        var other = await host.IngestAsync("chats", "[]", "00bb");
        Assert.Equal(first, again);
        Assert.Equal(2, other.Version);
        var parent = Assert.Single((await host.Get<ContentStore>().ReadCommitAsync(other.Commit!.Value, None)).Parents);
        Assert.Equal(first.Commit, parent);
        Assert.Equal([2, 1], (await host.Client.Datasets.VersionsAsync(Chats, null, None))!.Items.Select(v => v.Version));
        Assert.Equal(2, (await host.Client.Datasets.ResolveAsync("chats", None)).Version);
    }

    [Fact]
    public async Task A_rejected_version_is_kept_with_its_problems_and_cannot_be_trained_on()
    {
        await using var host = await RegistryHost.StartAsync();
        await host.UploadDatasetAsync("chats", "{}");
        var claim = (await host.ClaimAsync(WorkKind.Ingest))!;
        var result = await host.SealAsync(claim, "00aa", isSealed: false) with { Problems = [new("upload_empty", "Too much was quarantined.")] };
        Assert.Null((await host.FinishAsync(claim, result)).Commit);
        var version = (await host.Client.Datasets.FindAsync(Chats, 1, None))!;
        Assert.Equal((false, "Too much was quarantined."), (version.Sealed, Assert.Single(version.Problems).Message));
        await Say.RefusedAsync("not_found", () => host.Client.Datasets.ResolveAsync("chats:1", None));
        await Say.RefusedAsync("not_found", () => host.Client.Datasets.ResolveAsync("chats", None));
        Assert.Contains("chats has no sealed version: its only one was rejected.", (await Say.RefusedAsync("not_found", () => host.Client.Datasets.ResolveAsync("chats", None))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ledger_that_does_not_close_and_files_that_are_not_as_announced_seal_nothing()
    {
        await using var host = await RegistryHost.StartAsync();
        await host.UploadDatasetAsync("chats", "{}");
        var claim = (await host.ClaimAsync(WorkKind.Ingest))!;
        var result = await host.SealAsync(claim, "00aa");
        await Say.RefusedAsync("ledger_open", () => host.FinishAsync(claim, result with { Ledger = new(4, 2, 1, 0, 0) }));
        await Say.RefusedAsync("publish_mismatch", () => host.FinishAsync(claim, result with { Files = [.. result.Files, Entry("records-00001.jsonl", [1])] }));
        await Say.RefusedAsync("publish_mismatch", () => host.FinishAsync(claim, result with { Files = [.. result.Files.Skip(1), result.Files[0] with { Sha256 = Digest.Of([]) }] }));
        await Say.RefusedAsync("publish_mismatch", () => host.FinishAsync(claim, result with { Ledger = new(4, 3, 1, 0, 0) }));
        Assert.Empty((await host.Client.Datasets.VersionsAsync(Chats, null, None))!.Items);
        Assert.Equal(1, (await host.FinishAsync(claim, result)).Version);
    }

    [Fact]
    public async Task A_bound_recipe_starts_a_job_on_every_sealed_version_under_the_same_trace()
    {
        await using var host = await RegistryHost.StartAsync();
        await host.ImportAsync("base");
        await host.Client.Datasets.BindAsync(Chats, new(Wire.ToElement(new { epochs = 2 }), "base", "chats", Bot), None);
        await host.IngestAsync("chats", "{}", "00aa");
        var claim = (await host.ClaimAsync(WorkKind.Train))!;
        var payload = System.Text.Json.JsonSerializer.Deserialize<TrainPayload>(claim.Payload, Wire.Json)!;
        Assert.Equal((1, "bot", "base"), (payload.Dataset.Version, payload.Output.ToString(), payload.Base.Name.ToString()));
        var ingest = (await host.Client.Jobs.ListAsync(WorkKind.Ingest, null, None)).Items[0];
        Assert.Equal(await TraceAsync(host, ingest.Id), claim.Traceparent);
    }

    [Fact]
    public async Task A_recipe_on_several_datasets_pins_each_and_its_model_names_all_of_them()
    {
        await using var host = await RegistryHost.StartAsync();
        await host.ImportAsync("base");
        await host.IngestAsync("code", "{}", "00cc");
        JobRequest request = new(Wire.ToElement(new { epochs = 2 }), "base", "chats", Bot, ["code", "chats"]);
        await Say.RefusedAsync("not_found", () => host.Client.Jobs.CreateAsync(request, None));
        await Say.RefusedAsync("reference_invalid", () => host.Client.Datasets.BindAsync(Chats, request with { Datasets = ["code"] }, None));
        await host.Client.Datasets.BindAsync(Chats, request, None);
        await host.IngestAsync("chats", "{}", "00aa");
        var claim = (await host.ClaimAsync(WorkKind.Train))!;
        var payload = System.Text.Json.JsonSerializer.Deserialize<TrainPayload>(claim.Payload, Wire.Json)!;
        Assert.Equal("code chats for chats", $"{string.Join(' ', payload.All.Select(d => d.Name))} for {payload.Dataset.Name}");
        await host.FinishAsync(claim, await host.TrainAsync(claim, "good"));
        var lineage = (await host.Client.Models.FindAsync(Bot, 1, None))!.Lineage!;
        Assert.Equal(["code", "chats"], lineage.Datasets!.Select(d => d.Name.ToString()));
    }

    [Fact]
    public async Task A_zombies_result_is_invisible_and_its_files_stay_beside_those_of_the_current_fence()
    {
        await using var host = await (await RegistryHost.StartAsync()).WithInputsAsync();
        await host.StartJobAsync();
        var zombie = (await host.ClaimAsync(WorkKind.Train, lease: 1))!;
        var stale = await host.TrainAsync(zombie, "stale");
        var current = (await host.ClaimAsync(WorkKind.Train, wait: 10))!;
        var good = await host.TrainAsync(current, "good");
        await Say.RefusedAsync("lease_lost", () => host.FinishAsync(zombie, stale));
        await host.FinishAsync(current, good);
        await Say.RefusedAsync("lease_lost", () => host.FinishAsync(zombie, stale));
        var version = Assert.Single((await host.Client.Models.VersionsAsync(Bot, None))!.Items);
        Assert.Equal(good.Files.OrderBy(f => f.Path), version.Pin.Files);
    }

    [Fact]
    public async Task Importing_the_same_model_twice_makes_one_version()
    {
        await using var host = await RegistryHost.StartAsync();
        var first = (await host.ImportAsync("base", "one")).Model!;
        Assert.Equal(first.Pin.Commit, (await host.ImportAsync("base", "one")).Model!.Pin.Commit);
        Assert.Equal(2, (await host.ImportAsync("base", "two")).Model!.Pin.Version);
        var error = await Say.RefusedAsync("unsafe_format", () => host.UploadAsync(UploadKind.Model, "evil", ("pytorch_model.bin", [1])));
        Assert.Equal("pytorch_model.bin", error.Problems[0].File);
    }

    private static Task<string?> TraceAsync(RegistryHost host, WorkId id) =>
        host.Get<Storage.Sql.Db>().ScalarAsync<string>("select traceparent from work where id = @id", new { id }, None);
}
