using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Core.Datasets;
using Temper.Core.Json;
using Temper.Tensors;

namespace Temper.Ingest.Tests;

/// <summary>Records that are almost right, by counters: whatever a line holds, it is counted once, and what is accepted can be read again.</summary>
public sealed class FormatFuzzTests
{
    private const int Rounds = 40;

    private static readonly string[] Values =
    [
        "null", "true", "0", "1", "\"\"", "\"a\"", "\" \"", "\"\\u0000\"", "[]", "{}", "[[]]", "[{}]", "[\"a\"]", "{\"role\":\"assistant\",\"content\":\"x\"}",
        "{\"role\":\"tool\",\"content\":\"x\"}", "[{\"name\":\"f\",\"arguments\":\"{}\"}]", "{\"name\":\"f\"}", "\"{\\\"a\\\":1}\"", "[{\"text\":\"a\",\"label\":true}]",
    ];

    [Theory]
    [InlineData(RecordFormat.Text)]
    [InlineData(RecordFormat.Messages)]
    [InlineData(RecordFormat.Instruction)]
    [InlineData(RecordFormat.InputOutput)]
    [InlineData(RecordFormat.PromptCompletion)]
    [InlineData(RecordFormat.Sharegpt)]
    [InlineData(RecordFormat.Preference)]
    [InlineData(RecordFormat.Kto)]
    public async Task Damaged_records_are_each_counted_once_and_what_is_accepted_reads_back_as_itself(RecordFormat format)
    {
        var cases = FormatMatrixTests.Cases.Where(row => (RecordFormat)row[0] == format).Select(row => JsonNode.Parse((string)row[2])!["record"]!).ToArray();
        var lines = Enumerable.Range(0, Rounds * cases.Length).Select(i => Damaged(cases[i % cases.Length], new RandomKey(11, (uint)format, (uint)i))).ToArray();
        foreach (var readAs in (RecordFormat[])[format, RecordFormat.AutoPerRecord])
        {
            var (tally, verdicts) = await Judge.LinesAsync(new() { Format = readAs }, lines);
            Assert.Equal(lines.Count(l => l.Trim().Length > 0), tally.RecordsIn);
            Assert.Equal(tally.RecordsIn, tally.Accepted + tally.Quarantined + tally.Filtered);
            Assert.Equal((tally.Accepted, tally.Quarantined), (verdicts.Records.Count, verdicts.SetAside.Count));
            Assert.Equal(tally.Quarantined, tally.Codes.Values.Sum(c => c.Count));
            Assert.NotEmpty(verdicts.Records);
            Assert.NotEmpty(verdicts.SetAside);
            var (_, again) = await Judge.LinesAsync(new() { Format = RecordFormat.AutoPerRecord }, [.. verdicts.Records.Select(r => JsonSerializer.Serialize(r, Wire.Json))]);
            Assert.Equal(verdicts.Records.Select(r => r.RecId), again.Records.Select(r => r.RecId));
        }
    }

    private static string Damaged(JsonNode good, RandomKey key)
    {
        var root = good.DeepClone();
        for (var n = Philox.Below(key, 0, 3); n > 0; n--)
            Change(root, key, 10 * n);
        var text = Encoding.UTF8.GetBytes(root.ToJsonString());
        if (Philox.Below(key, 1, 4) > 0)
            return Encoding.UTF8.GetString(text);
        text[Philox.Below(key, 2, text.Length)] = (byte)(32 + Philox.Below(key, 3, 95));
        return Encoding.UTF8.GetString(text);
    }

    private static void Change(JsonNode node, RandomKey key, long draw)
    {
        var value = JsonNode.Parse(Values[Philox.Below(key, draw, Values.Length)]);
        for (var depth = Philox.Below(key, draw + 1, 5); depth > 0; depth--)
        {
            JsonNode?[] inner = node switch { JsonObject map => [.. map.Select(p => p.Value)], JsonArray list => [.. list], _ => [] };
            inner = [.. inner.Where(n => n is JsonObject or JsonArray)];
            if (inner.Length == 0)
                break;
            node = inner[Philox.Below(key, draw + 2 + depth, inner.Length)]!;
        }
        if (node is JsonObject { Count: > 0 } holder)
        {
            var name = holder.ElementAt((int)Philox.Below(key, draw + 8, holder.Count)).Key;
            if (Philox.Below(key, draw + 9, 3) == 0)
                holder.Remove(name);
            else
                holder[name] = value;
        }
        else if (node is JsonArray { Count: > 0 } items)
        {
            items[(int)Philox.Below(key, draw + 8, items.Count)] = value;
        }
    }
}
