using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Testing;

namespace Temper.Ingest.Tests;

/// <summary>The sample that newcomers see first.</summary>
public sealed class SampleUploadTests
{
    [Fact]
    public async Task Every_fault_of_the_sample_is_found_at_its_line_and_everything_else_is_accepted()
    {
        using var folder = new TempFolder();
        var check = await DatasetCheck.RunAsync(RepoRoot.Of("samples", "support-bot"), folder.Of("scratch"), new(), TimeProvider.System, default);

        using var expected = JsonDocument.Parse(await File.ReadAllBytesAsync(RepoRoot.Of("samples", "support-bot-expected.json")));
        var root = expected.RootElement;
        Assert.Equal(Faults(root), check.SetAside.Select(e => $"{e.File}:{e.Line} {e.Outcome.ToString().ToLowerInvariant()} {e.Code}").Order(StringComparer.Ordinal));
        Assert.Equal(new Ledger(Count(root, "records_in"), Count(root, "accepted"), Count(root, "quarantined"), Count(root, "duplicates"), Count(root, "filtered")), check.Result.Ledger);
        Assert.True(check.Result.Sealed);
        Assert.Equal(["lineage.json", "manifest.json", "quarantine.jsonl", "records-00000.jsonl", "validation_report.html", "validation_report.json"], check.Result.Files.Select(f => f.Path));
        Assert.False(Directory.Exists(folder.Of("scratch")));
    }

    private static IEnumerable<string> Faults(JsonElement root) => root.GetProperty("faults").EnumerateArray()
        .Select(f => $"{f.GetProperty("file").GetString()}:{f.GetProperty("line").GetInt32()} {f.GetProperty("outcome").GetString()} {f.GetProperty("code").GetString()}").Order(StringComparer.Ordinal);

    private static long Count(JsonElement root, string name) => root.GetProperty(name).GetInt64();
}
