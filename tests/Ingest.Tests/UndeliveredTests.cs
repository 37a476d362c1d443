using System.Text;
using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Testing;

namespace Temper.Ingest.Tests;

/// <summary>Items that a backend lists and cannot deliver are records of the ledger, in texts and in images.</summary>
public sealed class UndeliveredTests
{
    private static readonly byte[] Two = Undelivered.Write([("row-000000003", new Problem("FETCH_TIMEOUT", "https://b.example gave nothing.") { File = "rows.csv", Line = 3 }), ("bad", new Problem("SRC_NAME", "A name that cannot be stored."))]);

    [Fact]
    public async Task Items_that_were_not_delivered_are_quarantined_records_of_a_dataset_of_texts()
    {
        using var uploads = new Uploads();
        var made = await uploads.IngestAsync(("a.jsonl", Uploads.Lines(Uploads.Chats(3))), (Undelivered.FileName, Two), ("dataset.yaml", "max_bad_fraction: 0.5\n"u8.ToArray()));
        Assert.Equal((true, new Ledger(5, 3, 2, 0, 0)), (made.Result.Sealed, made.Ledger));
        Assert.Equal([("bad", 1L, "SRC_NAME"), ("rows.csv", 3L, "FETCH_TIMEOUT")], made.SetAside.Select(e => (e.File, e.Line, e.Code)));
        Assert.Equal(["FETCH_TIMEOUT", "SRC_NAME"], made.Result.Codes.Keys);
        var report = JsonSerializer.Deserialize<DatasetReport>(await uploads.ReadAsync(made.Result, DatasetManifest.ReportName), Wire.Json)!;
        Assert.Equal(new Ledger(2, 0, 2, 0, 0), report.Files.Single(f => f.Path == Undelivered.FileName).Ledger);
        Assert.Equal(new CodePlace(Undelivered.FileName, 2), Assert.Single(report.Codes["FETCH_TIMEOUT"].First));
        Assert.Contains("FETCH_TIMEOUT", Encoding.UTF8.GetString(await uploads.ReadAsync(made.Result, DatasetManifest.PageName)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Items_that_were_not_delivered_count_against_the_limits_of_a_dataset_of_images()
    {
        using var uploads = new Uploads();
        (string, byte[])[] files = [("a.png", Pictures.Png(5, 5)), ("b/c.png", Pictures.Png(6, 5)), (Undelivered.FileName, Two)];
        var made = await uploads.IngestAsync(await uploads.PutAsync("one", [.. files, ("dataset.yaml", "dataset_type: image\ncaption_strategy: filename\nmax_bad_fraction: 0.5\n"u8.ToArray())]));
        Assert.Equal((true, new Ledger(4, 2, 2, 0, 0)), (made.Result.Sealed, made.Ledger));
        var report = JsonSerializer.Deserialize<DatasetReport>(await uploads.ReadAsync(made.Result, DatasetManifest.ReportName), Wire.Json)!;
        Assert.Equal(["*", "b/*", Undelivered.FileName], report.Files.Select(f => f.Path));
        var strict = await uploads.IngestAsync(await uploads.PutAsync("two", [.. files, ("dataset.yaml", "dataset_type: image\ncaption_strategy: filename\nmax_bad_records: 1\nmax_bad_fraction: 1\n"u8.ToArray())]));
        Assert.False(strict.Result.Sealed);
        Assert.Contains(strict.Result.Problems, p => p.Code == "DATA_TOO_MANY_BAD");
    }

    [Fact]
    public async Task A_list_that_no_factory_wrote_is_set_aside_line_by_line()
    {
        using var uploads = new Uploads();
        var made = await uploads.IngestAsync(("a.jsonl", Uploads.Lines(Uploads.Chats(3))), (Undelivered.FileName, "nonsense\n{\"file\": \"x\", \"line\": 1, \"offset\": 0, \"code\": \"NO_SUCH\", \"outcome\": \"quarantined\", \"message\": \"m\"}\n"u8.ToArray()), ("dataset.yaml", "max_bad_fraction: 0.5\n"u8.ToArray()));
        Assert.Equal(["REC_INVALID_JSON", "REC_INVALID_JSON"], made.Codes);
        Assert.Equal(new Ledger(5, 3, 2, 0, 0), made.Ledger);
    }

    [Fact]
    public async Task What_a_folder_cannot_deliver_is_in_the_upload_that_the_factory_makes_and_changes_the_version()
    {
        if (OperatingSystem.IsWindows())
            return;
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.Of("data"));
        foreach (var name in (string[])["a.jsonl", "b.jsonl", "c\\d.jsonl"])
            await File.WriteAllTextAsync(folder.Of("data", name), "{\"text\": \"one\"}\n");
        var config = FactoryConfig.Read("- {id: d, dataset_type: text, instance_data_dir: data, max_bad_fraction: 0.5}"u8, "d.yaml", new() { Root = folder.Path });
        var entry = (DataEntry)config.Find("d")!;
        var listed = await ListAsync();
        Assert.Contains("SRC_NAME", Encoding.UTF8.GetString(listed.Made[Undelivered.FileName]), StringComparison.Ordinal);
        File.Delete(folder.Of("data", "c\\d.jsonl"));
        var clean = await ListAsync();
        Assert.DoesNotContain(Undelivered.FileName, clean.Made.Keys);
        Assert.NotEqual(ListedDataset.Content(listed.Entries), ListedDataset.Content(clean.Entries));

        async Task<ListedDataset> ListAsync()
        {
            await using var backend = new LocalBackend(folder.Path, "data");
            return await ListedDataset.OfAsync(entry, backend, new ItemMemo(folder.Of("memo")), new Progress<BuildProgress>(), default);
        }
    }
}
