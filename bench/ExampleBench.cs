using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Models;

namespace Temper.Bench;

/// <summary>How fast one thread turns chats into training examples: rendering with the ChatML template, tokens with their places, the mask of what is
/// learnt. Every run has a tokenizer with empty caches. Rates count the bytes of the JSON lines, which are parsed before.</summary>
internal static class ExampleBench
{
    private const int Vocabulary = 8192, Learned = 2_000_000, WarmUp = 2;
    private static readonly string[] Special = ["<|im_start|>", "<|im_end|>"];

    public static Dictionary<string, object> Run(Arguments arguments)
    {
        arguments.Allow("--tokenizer", "--steps");
        var lines = TokenizeBench.Read(arguments.Words[1]).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var bytes = lines.Sum(line => Encoding.UTF8.GetByteCount(line) + 1L);
        var records = lines.Select(Record).ToArray();
        var json = arguments.Text("--tokenizer") is { } file ? TokenizeBench.Json(file)
            : BpeTrainer.Train([string.Join('\n', lines) is var all ? all[..Math.Min(all.Length, Learned)] : ""], Vocabulary, Special);
        var template = ChatTemplate.Parse(ChatTemplate.ChatMl, guarded: Tokenizer.Parse(json).SpecialTokens);
        Times(json, tokenizer => Build(tokenizer, template, records), 1, WarmUp);
        var whole = Times(json, tokenizer => Build(tokenizer, template, records), arguments.Steps);
        var rendering = Times(json, _ => records.Sum(record => (long)template.RenderForTraining(record.Messages!).Text.Length), arguments.Steps);
        return new Dictionary<string, object>
        {
            ["bench"] = "examples",
            ["tokenizer"] = arguments.Text("--tokenizer") ?? $"byte-level BPE, {Vocabulary} entries",
            ["bytes"] = bytes,
            ["chats"] = records.Length,
            ["tokens"] = Build(Tokenizer.Parse(json), template, records),
            ["examples_mb_s_med"] = Math.Round(bytes / Report.Median(whole) / 1e6, 2),
            ["examples_mb_s_best"] = Math.Round(bytes / whole.Min() / 1e6, 2),
            ["render_share"] = Math.Round(Report.Median(rendering) / Report.Median(whole), 2),
            ["peak_rss_mb"] = Report.PeakMemory(),
            ["threads"] = 1,
            ["dotnet"] = RuntimeInformation.FrameworkDescription,
        };
    }

    private static CanonicalRecord Record(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var turns = json.RootElement.GetProperty("messages").EnumerateArray().Select(turn => new ChatTurn(turn.GetProperty("role").GetString()!, turn.GetProperty("content").GetString()!));
            return new CanonicalRecord(Digest.OfText(line), RecordKind.Messages, new RecordSource("chats.jsonl", 1, 0)) { Messages = [.. turns] };
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new UsageException($"a line is no chat of messages with role and content: {error.Message}");
        }
    }

    private static long Build(Tokenizer tokenizer, ChatTemplate template, CanonicalRecord[] records)
    {
        if (tokenizer.IdOf(Special[1]) is not { } end) throw new UsageException($"the tokenizer has no {Special[1]}, which ends the turns of ChatML.");
        var builder = new ExampleBuilder(tokenizer, template, [end], new ExampleOptions { MaxLength = int.MaxValue });
        return records.Sum(record => builder.Build(record).Example is { } example ? (long)example.Tokens.Length : 0);
    }

    private static List<double> Times(byte[] json, Func<Tokenizer, long> work, int runs, double atLeast = 0)
    {
        var (times, begin) = (new List<double>(), Stopwatch.GetTimestamp());
        while (times.Count < runs || Stopwatch.GetElapsedTime(begin).TotalSeconds < atLeast)
        {
            var tokenizer = Tokenizer.Parse(json);
            GC.Collect();
            var start = Stopwatch.GetTimestamp();
            work(tokenizer);
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return times;
    }
}
