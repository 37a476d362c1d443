using System.Diagnostics.Metrics;
using Temper.Storage.Folder;
using Temper.Testing;

namespace Temper.Ingest.Tests;

/// <summary>What a plan says, how pictures and their conditioning pictures fit, and what building measures.</summary>
public sealed class FactoryPlanTests : IDisposable
{
    /// <summary>Headers of PNG files of two by two and three by two pixels; only their sizes are read.</summary>
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_plan_says_what_is_built_in_which_order_from_where_and_why()
    {
        Put("chats/a.jsonl", "{\"text\": \"one\"}\n"u8.ToArray());
        Put("exam/a.jsonl", "{\"text\": \"two\"}\n"u8.ToArray());
        File.CreateSymbolicLink(_folder.Of("chats/away"), "/etc");
        var plan = await PlanAsync("""
            - {id: chats, dataset_type: text, instance_data_dir: chats}
            - {id: exam, dataset_type: eval, modality: text, instance_data_dir: exam}
            """);
        Assert.Empty(plan.Problems);
        Assert.Equal(["exam", "chats"], plan.Steps.Select(s => s.Id));
        Assert.Contains("contamination of chats", plan.Steps[0].Why);
        Assert.Equal((1L, 16L, 1L), (plan.Steps[1].Items, plan.Steps[1].Bytes, plan.Steps[1].LeftOut["symlink_outside"]));
        Assert.Contains(_folder.Of("chats"), plan.Steps[1].From);
        Assert.Equal(2, plan.BackendCounts["local"]);
    }

    [Fact]
    public async Task A_folder_outside_of_the_root_and_films_are_said_together()
    {
        var plan = await PlanAsync("""
            - {id: root, dataset_type: text, instance_data_dir: /etc}
            - {id: films, dataset_type: video, instance_data_dir: "."}
            """);
        Assert.Equal(["SRC_OUTSIDE_ROOT", "VIDEO_PROBE_UNAVAILABLE"], plan.Problems.Select(p => p.Code).Order(StringComparer.Ordinal));
        Assert.Equal([1L, 2L], plan.Problems.Select(p => p.Line!.Value).Order());
    }

    [Fact]
    public async Task Missing_extra_and_wrongly_sized_conditioning_pictures_are_named()
    {
        Put("photos/a/1.png", Png(4, 2));
        Put("photos/a/2.png", Png(4, 2));
        Put("photos/b.png", Png(4, 2));
        Put("photos/b.txt", "a caption"u8.ToArray());
        Put("masks/a/1.png", Png(4, 2));
        Put("masks/a/2.png", Png(2, 4));
        Put("masks/c.png", Png(4, 2));
        var plan = await PlanAsync("""
            - {id: photos, instance_data_dir: photos}
            - {id: masks, dataset_type: conditioning, conditioning_type: mask, source_dataset_id: photos, instance_data_dir: masks}
            """);
        var report = Assert.Single(plan.Pairings);
        Assert.Equal((2, 1, 1, 1, false), (report.Pairs, report.MissingCount, report.ExtraCount, report.MismatchCount, report.Fits));
        Assert.Equal(("b", "c", new SizeMismatch("a/2", "4x2", "2x4")), (report.Missing[0], report.Extra[0], report.Mismatches[0]));
    }

    [Fact]
    public void Two_pictures_of_one_name_are_ambiguous()
    {
        var report = PairingReport.Of("s", "c", ["x.jpg", "x.png", "y.png"], ["x.png", "y.png"]);
        Assert.Equal((2, "x", false), (report.Pairs, Assert.Single(report.Ambiguous), report.Fits));
        Assert.Equal(["a.b/c", ".hidden", "a/.x", "a.tar"], new[] { "a.b/c", ".hidden", "a/.x", "a.tar.gz" }.Select(PairingReport.StemOf));
    }

    [Fact]
    public async Task Each_stage_of_building_is_timed_and_its_memory_told_to_telemetry()
    {
        var told = new HashSet<string>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, own) => { if (instrument.Meter.Name == "Temper.Ingest") own.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<double>((instrument, _, _, _) => { lock (told) told.Add(instrument.Name); });
        listener.SetMeasurementEventCallback<long>((instrument, _, _, _) => { lock (told) told.Add(instrument.Name); });
        listener.Start();
        Put("chats/a.jsonl", "{\"text\": \"one\"}\n"u8.ToArray());
        var config = Configs.Read("- {id: chats, dataset_type: text, instance_data_dir: chats}");
        var builder = new FactoryBuilder(Opener(), null, _folder.Of("scratch"), new(), TimeProvider.System);
        var result = await builder.BuildAsync(config, new Progress<BuildProgress>(), default);
        Assert.Equal((BuildAction.Checked, 1L), (result.Datasets[0].Action, result.Datasets[0].Ledger!.Accepted));
        Assert.Equal(["init", "config", "build"], result.Stages.Select(s => s.Stage));
        Assert.All(result.Stages, s => Assert.True(s.Seconds >= 0 && s.Managed.Peak >= s.Managed.Start && s.WorkingSet.Peak >= s.WorkingSet.End && s.Native.Peak >= 0));
        Assert.Superset(new HashSet<string> { "data.factory.init_time", "data.factory.config_time", "data.factory.build_time", "data.factory.memory", "data.factory.backend_counts" }, told);
    }

    [Fact]
    public async Task Items_of_a_known_version_are_not_read_again()
    {
        Put("chats/a.jsonl", "{\"text\": \"one\"}\n"u8.ToArray());
        var config = Configs.Read("- {id: chats, dataset_type: text, instance_data_dir: chats}");
        var hashed = new List<long>();
        for (var run = 0; run < 3; run++)
        {
            if (run == 2)
                Put("chats/b.jsonl", "{\"text\": \"another\"}\n"u8.ToArray());
            hashed.Add((await new FactoryBuilder(Opener(), null, _folder.Of("scratch"), new(), TimeProvider.System).BuildAsync(config, new Progress<BuildProgress>(), default)).Datasets[0].Hashed);
        }
        Assert.Equal([16L, 0L, 20L], hashed);
    }

    private async Task<FactoryPlan> PlanAsync(string config) =>
        await new FactoryPlanner(Opener()).PlanAsync(Configs.Read(config), new Progress<string>(), default);

    private BackendOpener Opener() => new(BackendKinds.BuiltIn, new(TimeProvider.System, _folder.Path, (_, _) => ValueTask.FromResult<string?>(null), new(), new FolderBlobStore(_folder.Of("cache"), TimeProvider.System)));

    private void Put(string path, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.Of(path))!);
        File.WriteAllBytes(_folder.Of(path), bytes);
    }

    /// <summary>A whole PNG of one colour.</summary>
    private static byte[] Png(int width, int height)
    {
        using var raw = new MemoryStream();
        using (var packed = new System.IO.Compression.ZLibStream(raw, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
            packed.Write(new byte[height * (1 + (3 * width))]);
        byte[] header = [.. Whole(width), .. Whole(height), 8, 2, 0, 0, 0];
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, .. Chunk("IHDR", header), .. Chunk("IDAT", raw.ToArray()), .. Chunk("IEND", [])];
    }

    private static byte[] Chunk(string type, byte[] content)
    {
        byte[] body = [.. System.Text.Encoding.ASCII.GetBytes(type), .. content];
        return [.. Whole(content.Length), .. body, .. Whole((int)System.IO.Hashing.Crc32.HashToUInt32(body))];
    }

    private static byte[] Whole(int value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
}
