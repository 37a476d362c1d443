using System.Diagnostics;
using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;

namespace Temper.Bench;

/// <summary>
/// The version store beside git-lfs and git: models added, changed, fine-tuned, checked out; many small files added. Times are of the object store
/// alone (what a command does beside it is the working copy's); the peer's are of its commands.
/// </summary>
internal static class VersionsBench
{
    private static readonly Signature Someone = new("Bench", "bench@example.org", 1_700_000_000_000);

    public static Dictionary<string, object> Run(Arguments arguments)
    {
        arguments.Allow("--size", "--only", "--files", "--folder", "--temper", "--repeat");
        var root = Path.Combine(arguments.Text("--folder") ?? Path.GetTempPath(), $"temper-versions-{Environment.ProcessId}");
        var fields = new Dictionary<string, object> { ["bench"] = "versions" };
        try
        {
            var only = arguments.Text("--only") ?? "tensors";
            if (only == "tensors")
                TensorsAsync(root, arguments, fields).GetAwaiter().GetResult();
            else if (only == "finetune")
                FineTuneAsync(root, arguments, fields).GetAwaiter().GetResult();
            else if (only == "small")
                SmallFilesBench.Run(root, arguments, fields);
            else if (only == "commands" || only == "large" && arguments.Text("--temper") is not null)
                CommandsBench.Run(root, arguments, fields);
            else if (only == "large")
                LargeAsync(root, arguments, fields).GetAwaiter().GetResult();
            else
                throw new UsageException($"--only {only}: there are tensors, commands, finetune, small and large.");
        }
        finally
        {
            if (Directory.Exists(root))
                Directory.Delete(root, recursive: true);
        }
        fields["peak_rss_mb"] = Report.PeakMemory();
        return fields;
    }

    private static async Task TensorsAsync(string root, Arguments arguments, Dictionary<string, object> fields)
    {
        var work = Path.Combine(root, "work");
        var model = new ModelFiles(work, arguments.Number("--files", 10), (long)arguments.Number("--size", 1024) << 20);
        model.Write();
        fields["bytes"] = model.WeightBytes;
        using var store = new PackFolder(Path.Combine(root, "objects"), TimeProvider.System);
        Machine.Settle();
        var cpu = Environment.CpuUsage.TotalTime;
        var (first, ours) = await CommitAsync(store, [.. model.Paths], null);
        fields["commit_cpu_s"] = Seconds((Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
        var before = Stored(store);
        Machine.Settle();
        var git = new GitPeer(work, Path.Combine(root, "home"), lfs: true);
        var theirs = git.Run("add", "-A") + git.Run("commit", "-q", "-m", "first");
        (fields["commit_s"], fields["lfs_commit_s"], fields["commit_times_lfs"]) = (Seconds(ours), Seconds(theirs), Math.Round(theirs / ours, 2));

        var copy = Path.Combine(root, "copy");
        Machine.Settle();
        cpu = Environment.CpuUsage.TotalTime;
        ours = await CheckOutAsync(store, first, copy);
        fields["checkout_cpu_s"] = Seconds((Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
        foreach (var path in model.Paths)
            File.Delete(path);
        Machine.Settle();
        theirs = git.Run("checkout", "--", ".");
        (fields["checkout_s"], fields["lfs_checkout_s"], fields["checkout_times_lfs"]) = (Seconds(ours), Seconds(theirs), Math.Round(theirs / ours, 2));

        var changed = model.ChangeTensors();
        (_, ours) = await CommitAsync(store, [.. model.Paths], null);
        (fields["changed_bytes"], fields["added_of_changed"], fields["second_s"]) = (changed, Math.Round((Stored(store) - before) / (double)changed, 4), Seconds(ours));
    }

    private static async Task FineTuneAsync(string root, Arguments arguments, Dictionary<string, object> fields)
    {
        var work = Path.Combine(root, "work");
        var model = new ModelFiles(work, 2, (long)arguments.Number("--size", 256) << 20);
        model.Write();
        fields["bytes"] = model.WeightBytes;
        using var store = new PackFolder(Path.Combine(root, "objects"), TimeProvider.System);
        var (known, _) = await CommitAsync(store, [.. model.Paths], null);
        foreach (var scale in (float[])[1e-4f, 1e-3f, 1e-2f])
        {
            var before = Stored(store);
            model.FineTune(scale);
            (known, var seconds) = await CommitAsync(store, [.. model.Paths], known);
            var name = scale.ToString("0e-0", System.Globalization.CultureInfo.InvariantCulture);
            fields[$"stored_of_size_{name}"] = Math.Round((Stored(store) - before) / (double)model.WeightBytes, 4);
            fields[$"mb_s_{name}"] = Math.Round(model.WeightBytes / 1e6 / seconds, 1);
        }
        fields["read_mb_s"] = Math.Round(model.WeightBytes / 1e6 / await CheckOutAsync(store, known, Path.Combine(root, "copy")), 1);
    }

    private static async Task LargeAsync(string root, Arguments arguments, Dictionary<string, object> fields)
    {
        var model = new ModelFiles(Path.Combine(root, "work"), 1, (long)arguments.Number("--size", 4096) << 20);
        model.Write();
        using var store = new PackFolder(Path.Combine(root, "objects"), TimeProvider.System);
        var before = Report.PeakMemory();
        var (known, ours) = await CommitAsync(store, [.. model.Paths], null);
        (fields["bytes"], fields["commit_s"], fields["rss_before_mb"], fields["rss_add_mb"]) = (model.WeightBytes, Seconds(ours), before, Report.PeakMemory());
        fields["checkout_s"] = Seconds(await CheckOutAsync(store, known, Path.Combine(root, "copy")));
    }

    private static async Task<(Dictionary<string, StoredFile> Files, double Seconds)> CommitAsync(PackFolder store, string[] paths, Dictionary<string, StoredFile>? known)
    {
        var began = Stopwatch.GetTimestamp();
        await using var batch = store.BeginBatch();
        var stored = new StoredFile[paths.Length];
        await Parallel.ForAsync(0, paths.Length, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (i, ct) =>
        {
            await using var file = new FileStream(paths[i], FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
            stored[i] = await batch.AddFileAsync(file, new(Base: known?[paths[i]].Id), ct);
        });
        var folder = batch.AddFolder([.. stored.Select((f, i) => new TreeEntry(EntryMode.File, $"{i}.safetensors", f.Id, f.Size)).Take(4000)]);
        batch.AddCommit(new(folder.Id, Someone, Someone, "bench"));
        await batch.StoreAsync(default);
        return (paths.Zip(stored).ToDictionary(p => p.First, p => p.Second), Stopwatch.GetElapsedTime(began).TotalSeconds);
    }

    private static async Task<double> CheckOutAsync(PackFolder store, Dictionary<string, StoredFile> files, string to)
    {
        Directory.CreateDirectory(to);
        var began = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(files, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (file, ct) =>
        {
            using var target = File.OpenHandle(Path.Combine(to, Path.GetFileName(file.Key)), FileMode.Create, FileAccess.Write, FileShare.None);
            await store.WriteFileAsync(file.Value.Id, target, ct);
        });
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static long Stored(PackFolder store) => Directory.GetFiles(Path.Combine(store.Folder, "packs")).Sum(f => new FileInfo(f).Length);

    private static double Seconds(double value) => Math.Round(value, 3);
}
