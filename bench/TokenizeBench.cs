using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Temper.Models;

namespace Temper.Bench;

/// <summary>How fast one thread turns a file's text into token ids: line by line, and as one document. Every run has a tokenizer of its own,
/// whose caches are empty. Without a tokenizer, a byte-level BPE with GPT-2's pattern is learned from the beginning of the file.</summary>
internal static class TokenizeBench
{
    private const int Vocabulary = 8192, Learned = 2_000_000, WarmUp = 2;

    public static Dictionary<string, object> Run(Arguments arguments)
    {
        arguments.Allow("--tokenizer", "--steps");
        var (file, steps) = (arguments.Text("--tokenizer"), arguments.Steps);
        var text = Read(arguments.Words[1]);
        var json = file is not null ? Json(file) : BpeTrainer.Train([text[..Math.Min(text.Length, Learned)]], Vocabulary, ["<|endoftext|>"]);
        var lines = text.Split('\n');
        var bytes = Encoding.UTF8.GetByteCount(text);
        var begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin).TotalSeconds < WarmUp) Measure(json, tokenizer => Encode(tokenizer, lines), 1);
        var (byLine, lineTokens) = Measure(json, tokenizer => Encode(tokenizer, lines), steps);
        var digest = Digest(Tokenizer.Parse(json), lines);
        var (whole, tokens) = Measure(json, tokenizer => tokenizer.Encode(text).Length, steps);
        var (placed, _) = Measure(json, tokenizer => tokenizer.Encode(text, new EncodeOptions()).Ids.Length, steps);
        return new Dictionary<string, object>
        {
            ["bench"] = "tokenize",
            ["tokenizer"] = file is null ? $"byte-level BPE, {Vocabulary} entries" : Path.GetFullPath(file),
            ["bytes"] = bytes,
            ["tokens"] = tokens,
            ["line_tokens"] = lineTokens,
            ["line_ids"] = digest,
            ["lines_mb_s_med"] = Rate(bytes, Report.Median(byLine)),
            ["lines_mb_s_best"] = Rate(bytes, byLine.Min()),
            ["lines_mtok_s_med"] = Rate(lineTokens, Report.Median(byLine)),
            ["whole_mb_s_med"] = Rate(bytes, Report.Median(whole)),
            ["whole_mb_s_best"] = Rate(bytes, whole.Min()),
            ["whole_mtok_s_med"] = Rate(tokens, Report.Median(whole)),
            ["whole_with_places_mb_s_med"] = Rate(bytes, Report.Median(placed)),
            ["peak_rss_mb"] = Report.PeakMemory(),
            ["threads"] = 1,
            ["dotnet"] = RuntimeInformation.FrameworkDescription,
        };
    }

    /// <summary>A file's text.</summary>
    public static string Read(string file) => File.Exists(file) ? File.ReadAllText(file) : throw new UsageException($"there is no file {file}.");

    /// <summary>A tokenizer.json, or the one of a folder.</summary>
    public static byte[] Json(string file)
    {
        file = Directory.Exists(file) ? Path.Combine(file, "tokenizer.json") : file;
        return File.Exists(file) ? File.ReadAllBytes(file) : throw new UsageException($"there is no file {file}.");
    }

    private static (List<double> Seconds, long Tokens) Measure(byte[] json, Func<Tokenizer, long> work, int runs)
    {
        var (seconds, tokens) = (new List<double>(), 0L);
        for (var run = 0; run < runs; run++)
        {
            var tokenizer = Tokenizer.Parse(json);
            GC.Collect();
            var start = Stopwatch.GetTimestamp();
            tokens = work(tokenizer);
            seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return (seconds, tokens);
    }

    private static long Encode(Tokenizer tokenizer, string[] lines)
    {
        var tokens = 0L;
        foreach (var line in lines) tokens += tokenizer.Encode(line).Length;
        return tokens;
    }

    /// <summary>SHA-256 of all ids in order, its beginning: programs that agree print the same.</summary>
    private static string Digest(Tokenizer tokenizer, string[] lines)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var line in lines) hash.AppendData(MemoryMarshal.AsBytes(tokenizer.Encode(line).AsSpan()));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    private static double Rate(long count, double seconds) => Math.Round(count / seconds / 1e6, 2);
}
