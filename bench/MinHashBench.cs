using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Temper.Ingest;

namespace Temper.Bench;

/// <summary>Near-duplicates among many rows: signatures, bands, comparison. One row in ten repeats an earlier one with a word changed.</summary>
internal static class MinHashBench
{
    public static Dictionary<string, object> Run(Arguments arguments)
    {
        arguments.Allow("--minhash");
        var rows = arguments.Number("--minhash", 1_000_000);
        var near = new NearConfig();
        var (hash, table, keys) = (new MinHash(near.Bands, near.Rows), new BandTable(rows, near.Bands), new uint[near.Bands]);
        var (text, began, read) = (new RecordText(), Stopwatch.GetTimestamp(), 0L);
        Shingles Of(int row)
        {
            text.Read(ChatFile.Canonical(row % 10 == 9 ? row - 9 : row, row % 10 == 9 ? row : -1));
            return Shingles.Of(text, near.Ngram);
        }
        for (var row = 0; row < rows; row++)
        {
            hash.BandKeys(Of(row), keys);
            table.Add(keys);
        }
        var signed = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var search = new NearDuplicates(table, new Dictionary<int, List<int>>(), near.Threshold, (row, _) => { read++; return Task.FromResult(Of(row)); });
        var suspects = search.FindSuspects(default);
        var grouped = Stopwatch.GetElapsedTime(began).TotalSeconds;
        for (var row = 0; row < rows; row++)
        {
            if (suspects[row])
                search.TakeAsync(row, Of(row), default).AsTask().GetAwaiter().GetResult();
        }
        var all = Stopwatch.GetElapsedTime(began).TotalSeconds;
        return new()
        {
            ["bench"] = "minhash",
            ["rows"] = rows,
            ["planted"] = rows / 10,
            ["found"] = search.Pairs.Count,
            ["right"] = search.Pairs.Count(p => p.Record % 10 == 9 && p.Of == p.Record - 9),
            ["signatures_s"] = Math.Round(signed, 2),
            ["bands_s"] = Math.Round(grouped - signed, 2),
            ["compare_s"] = Math.Round(all - grouped, 2),
            ["total_s"] = Math.Round(all, 2),
            ["read_again"] = read,
            ["threads"] = 1,
            ["peak_rss_mb"] = Report.PeakMemory(),
            ["dotnet"] = RuntimeInformation.FrameworkDescription,
        };
    }
}
