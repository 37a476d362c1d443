using System.IO.Compression;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Temper.Hosts.Tests;

/// <summary>Lays the facts out as the files a user would upload: three chat files with faults at known lines, the questions, and the list of faults.</summary>
internal sealed class DemoSampleFiles
{
    private const string System = "You are the support assistant for Murrel.";
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions Indented = new(Plain) { WriteIndented = true, NewLine = "\n" };
    private readonly List<object> faults = [];
    private readonly Dictionary<string, byte[]> files = [];
    private int records;

    private DemoSampleFiles() { }

    /// <summary>Relative path under samples/ to the file's bytes. A name ending in .gz maps to its uncompressed bytes.</summary>
    public static IReadOnlyDictionary<string, byte[]> Build(IReadOnlyList<DemoFact> facts)
    {
        var built = new DemoSampleFiles();
        built.Chats("chats.jsonl", facts, 0, 105, "\n");
        built.Chats("chats-more.jsonl.gz", facts, 105, 175, "\n");
        built.Chats("chats-windows.jsonl", facts, 175, facts.Count, "\r\n");
        built.files["support-bot-questions/held-in.jsonl"] = Questions(facts.Select(f => (f.Questions[0], f.Answer)));
        built.files["support-bot-questions/paraphrases.jsonl"] = Questions(facts.Select(f => (f.Paraphrase, f.Answer)));
        built.files["support-bot-expected.json"] = built.Expected();
        return built.files;
    }

    /// <summary>One gzip member without a name or a time. Another runtime may compress otherwise, so tests compare the content.</summary>
    public static byte[] Gzip(byte[] content)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.SmallestSize))
            gzip.Write(content);
        return memory.ToArray();
    }

    private void Chats(string name, IReadOnlyList<DemoFact> facts, int from, int to, string newline)
    {
        var lines = Records(facts, from, to).Select(Encoding.UTF8.GetBytes).ToList();
        var bad = DemoSampleFaults.In(name);
        foreach (var fault in bad)
            lines.Insert(fault.Line - 1, fault.Bytes(line => Encoding.UTF8.GetString(lines[line - 1])));
        var cut = bad.Any(f => f.Kind == "truncated last line" && f.Line == lines.Count);
        using var memory = new MemoryStream();
        if (newline == "\r\n")
            memory.Write(Encoding.UTF8.GetPreamble());
        var number = 0;
        foreach (var line in lines)
        {
            number++;
            memory.Write(line);
            if (number < lines.Count || !cut)
                memory.Write(Encoding.ASCII.GetBytes(newline));
        }
        records += lines.Count(l => l.Any(b => b != ' '));
        faults.AddRange(bad.Where(f => f.Outcome != "accepted").Select(f => new { file = name, line = f.Line, kind = f.Kind, outcome = f.Outcome, code = f.Code }));
        files["support-bot/" + name] = memory.ToArray();
    }

    private static IEnumerable<string> Records(IReadOnlyList<DemoFact> facts, int from, int to)
    {
        var (count, phrasings) = (to - from, facts[from].Questions.Count);
        for (var i = 0; i < count * phrasings; i++)
        {
            // 37 has no divisor in common with any count used here, so every question comes once and neighbours are never about one thing.
            var fact = facts[from + (int)((i * 37L) % count)];
            var question = fact.Questions[i / count];
            yield return i % 12 == 7 ? Chat([("system", System), ("user", question), ("assistant", fact.Answer)]) : Chat([("user", question), ("assistant", fact.Answer)]);
            if (i % 21 == 20)
                yield return FollowUp(fact, facts[from + (int)((i + 1) * 37L % count)], i / count, i % 2 == 0);
        }
    }

    /// <summary>Two facts in one chat. The round picks the phrasing, so that two facts which meet again are not the same record again.</summary>
    private static string FollowUp(DemoFact first, DemoFact then, int round, bool weighted) => weighted
        ? JsonSerializer.Serialize(new
        {
            messages = new object[]
            {
                new { role = "user", content = first.Questions[(1 + round) % first.Questions.Count] },
                new { role = "assistant", content = first.Answer, weight = 0 },
                new { role = "user", content = "Thank you! " + then.Questions[2] },
                new { role = "assistant", content = then.Answer, weight = 1 },
            }
        }, Plain)
        : Chat([("user", first.Questions[round % first.Questions.Count]), ("assistant", first.Answer), ("user", "And one more thing. " + then.Questions[1]), ("assistant", then.Answer)]);

    /// <summary>One record in the messages format.</summary>
    public static string Chat(IEnumerable<(string Role, string Content)> messages) =>
        JsonSerializer.Serialize(new { messages = messages.Select(m => new { role = m.Role, content = m.Content }) }, Plain);

    private static byte[] Questions(IEnumerable<(string Question, string Answer)> pairs) =>
        Encoding.UTF8.GetBytes(string.Concat(pairs.Select(p => JsonSerializer.Serialize(new { question = p.Question, answer = p.Answer }, Plain) + "\n")));

    private byte[] Expected()
    {
        int Of(string outcome) => faults.Count(f => (string)f.GetType().GetProperty("outcome")!.GetValue(f)! == outcome);
        var (quarantined, duplicates) = (Of("quarantined"), Of("duplicate"));
        var document = new { records_in = records, accepted = records - quarantined - duplicates, quarantined, duplicates, filtered = 0, faults };
        return Encoding.UTF8.GetBytes(JsonSerializer.Serialize(document, Indented) + "\n");
    }
}
