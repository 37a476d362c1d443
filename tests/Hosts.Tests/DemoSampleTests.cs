using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Temper.Hosts.Tests;

/// <summary>The sample that `temper demo` uploads: what it promises a reader, and that the committed files are what the facts produce. UPDATE_GOLDEN=1 writes them.</summary>
public sealed class DemoSampleTests
{
    private static readonly string Samples = Path.Combine(Root(), "samples");
    private static readonly IReadOnlyList<DemoFact> Facts = DemoFacts.Read(Path.Combine(Samples, "support-bot-facts.txt"));

    [Fact]
    public void The_committed_files_are_what_the_facts_produce()
    {
        var update = Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1";
        foreach (var (name, bytes) in DemoSampleFiles.Build(Facts))
        {
            var path = Path.Combine(Samples, name);
            if (update && (!File.Exists(path) || !Content(path).SequenceEqual(bytes)))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllBytes(path, name.EndsWith(".gz", StringComparison.Ordinal) ? DemoSampleFiles.Gzip(bytes) : bytes);
            }
            Assert.True(Content(path).SequenceEqual(bytes), $"{name} differs from what support-bot-facts.txt produces; run this test with UPDATE_GOLDEN=1");
        }
    }

    [Fact]
    public void There_are_two_hundred_facts_with_three_to_five_phrasings_and_answers_of_3_to_14_words()
    {
        Assert.True(Facts.Count >= 200, $"{Facts.Count} facts");
        Assert.Equal(Facts.Count, Facts.Select(f => f.Answer).Distinct().Count());
        Assert.All(Facts, f => Assert.InRange(f.Questions.Count, 3, 5));
        Assert.All(Facts, f => Assert.InRange(f.Answer.Split(' ').Length, 3, 14));
    }

    [Fact]
    public void No_paraphrase_and_no_question_is_asked_twice()
    {
        var asked = Facts.SelectMany(f => f.Questions).Concat(Facts.Select(f => f.Paraphrase)).Select(Letters).ToList();
        Assert.Equal([], asked.GroupBy(q => q).Where(g => g.Count() > 1).Select(g => g.Key));
    }

    [Fact]
    public void At_least_twelve_kinds_of_faults_make_up_less_than_a_tenth_of_the_records()
    {
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Samples, "support-bot-expected.json")));
        var faults = expected.RootElement.GetProperty("faults").EnumerateArray().Select(f => f.GetProperty("kind").GetString()).ToList();
        Assert.True(faults.Distinct().Count() >= 12);
        Assert.True(faults.Count * 10 < expected.RootElement.GetProperty("records_in").GetInt32());
    }

    [Fact]
    public void One_chat_file_ends_inside_its_last_record()
    {
        var last = File.ReadLines(Path.Combine(Samples, "support-bot", "chats.jsonl")).Last();
        Assert.StartsWith("{", last);
        Assert.False(last.EndsWith('}'));
    }

    private static byte[] Content(string path)
    {
        if (!path.EndsWith(".gz", StringComparison.Ordinal))
            return File.ReadAllBytes(path);
        using var gzip = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var memory = new MemoryStream();
        gzip.CopyTo(memory);
        return memory.ToArray();
    }

    private static string Letters(string text) => new([.. text.ToLowerInvariant().Where(char.IsLetterOrDigit)]);

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Local.slnf")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("Local.slnf in no folder above the tests");
        return folder;
    }
}
