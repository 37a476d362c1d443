using System.Diagnostics;
using System.Runtime.InteropServices;
using Temper.Ingest;

namespace Temper.Bench;

/// <summary>Near-duplicates among many rows: signs, bands, comparison. One row in ten repeats an earlier one with a word added; all others are independent.</summary>
internal static class MinHashBench
{
    private const int Chunk = 8192;
    private static readonly NearConfig Near = new();

    public static Dictionary<string, object> Run(Arguments arguments)
    {
        arguments.Allow("--minhash", "--threads");
        var (rows, threads) = (arguments.Number("--minhash", 1_000_000), arguments.Number("--threads", Environment.ProcessorCount));
        var (table, sketches, began, read) = (new BandTable(rows, Near.Bands), new SketchTable(), Stopwatch.GetTimestamp(), 0L);
        for (var from = 0; from < rows; from += Chunk)
            Sign(from, Math.Min(rows, from + Chunk), threads, table, sketches);
        var signed = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var search = new NearDuplicates(table, sketches, new Dictionary<int, List<int>>(), Near.Threshold, (wanted, _) =>
        {
            read += wanted.Count;
            return Task.FromResult(wanted.AsParallel().AsOrdered().WithDegreeOfParallelism(threads).Select(Of).ToArray());
        })
        {
            Threads = threads,
        };
        search.Begin(default);
        var grouped = Stopwatch.GetElapsedTime(began).TotalSeconds;
        search.RunAsync(null, default).GetAwaiter().GetResult();
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
            ["cpu_s"] = Math.Round(Environment.CpuUsage.TotalTime.TotalSeconds, 2),
            ["read_again"] = read,
            ["threads"] = threads,
            ["peak_rss_mb"] = Report.PeakMemory(),
            ["dotnet"] = RuntimeInformation.FrameworkDescription,
        };
    }

    private static byte[] Body(int row) => ChatFile.Canonical(row % 10 == 9 ? row - 9 : row, row % 10 == 9 ? row : -1);

    private static Shingles Of(int row)
    {
        var text = new RecordText();
        text.Read(Body(row));
        return Shingles.Of(text, Near.Ngram);
    }

    private static void Sign(int from, int to, int threads, BandTable table, SketchTable sketches)
    {
        var parts = new ByteBuffer[threads];
        Parallel.For(0, threads, part =>
        {
            var (signer, signs) = (new RecordSigner(Near), parts[part] = new ByteBuffer(1 << 16));
            for (var row = from + ((to - from) * part / threads); row < from + ((to - from) * (part + 1) / threads); row++)
                signer.Add(Body(row), 0, signs);
        });
        var (width, keys) = (RecordSigner.Layout(Near).Width, new uint[Near.Bands]);
        foreach (var part in parts)
        {
            for (var at = 0; at < part.Length; at += width)
            {
                RecordSigns.Keys(part.Written[at..], keys);
                table.Add(keys);
                sketches.Add(RecordSigns.Sketch(part.Written[at..]));
            }
        }
    }
}
