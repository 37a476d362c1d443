using System.Text;
using System.Text.Json.Nodes;
using Temper.Tensors;

namespace Temper.Models.Tests;

/// <summary>Encoding with caches and quick paths against a tokenizer whose pattern nothing is known about, and against fresh tokenizers.</summary>
public sealed class WordCacheTests
{
    public static TheoryData<string> Kinds => ["gpt2", "llama3", "qwen2", "o200k", "starcoder"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Quick_paths_give_the_ids_and_places_of_the_slow_one(string kind)
    {
        var (quick, slow) = (RefereeTokenizers.Load(kind), Slow(kind));
        Fuzzing.Run(kind, 1500, key =>
        {
            var text = Philox.Below(key, 500, 2) == 0 ? WordPatternTests.RandomText(key) : Prose(key, 40);
            var (expected, found) = (slow.Encode(text, new EncodeOptions()), quick.Encode(text, new EncodeOptions()));
            Assert.Equal(expected.Ids, found.Ids);
            Assert.Equal(expected.Starts, found.Starts);
            Assert.Equal(expected.Ends, found.Ends);
            Assert.Equal(expected.Ids, quick.Encode(text));
        });
    }

    [Fact]
    public void More_words_than_the_caches_hold_change_no_token()
    {
        var tokenizer = RefereeTokenizers.Load("gpt2");
        for (var round = 0; round < 2; round++)
            for (var i = 0; i < 60; i++)
            {
                // Words of one to eight syllables, some with an umlaut: 120,000 in all, in both caches.
                var text = string.Join(' ', Enumerable.Range(i * 2000, 2000).Select(word => Word(word)));
                Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
                if (i % 20 == 0) Assert.Equal(RefereeTokenizers.Load("gpt2").Encode(text), tokenizer.Encode(text));
            }
    }

    [Fact]
    public void Threads_share_a_tokenizer()
    {
        var (tokenizer, texts) = (RefereeTokenizers.Load("llama3"), Enumerable.Range(0, 400).Select(i => Prose(new RandomKey(3, 0, (uint)i), 60)).ToArray());
        var alone = RefereeTokenizers.Load("llama3");
        var expected = texts.Select(text => alone.Encode(text)).ToArray();
        Parallel.For(0, 8, thread =>
        {
            for (var i = 0; i < texts.Length; i++)
            {
                var at = (i * 7 + thread * 50) % texts.Length;
                Assert.Equal(expected[at], tokenizer.Encode(texts[at]));
            }
        });
    }

    [Fact]
    public void Words_of_all_lengths_are_merged_as_one_pair_after_the_other()
    {
        var tokenizer = RefereeTokenizers.Load("gpt2");
        foreach (var letters in new[] { "the", "e", "ab", "Haverstrand", "in\u00E9", "\u4F60\u597D" })
            for (var length = 1; length < 700; length = length * 5 / 4 + 1)
            {
                var word = string.Concat(Enumerable.Repeat(letters, length))[..length];
                Assert.Equal(OnePairAfterTheOther(tokenizer, word), tokenizer.Encode(word));
            }
    }

    [Theory]
    [InlineData("llama2")]
    [InlineData("mistral")]
    [InlineData("gemma")]
    [InlineData("spm_fused_unknown")]
    public void Merging_word_by_word_gives_what_merging_the_whole_text_gives(string kind)
    {
        // A token that no merge makes, with a space sign behind a letter: words may no longer be merged one by one.
        var (quick, slow) = (RefereeTokenizers.Load(kind), WithToken(kind, "q\u2581q", null));
        Fuzzing.Run(kind, 1000, key =>
        {
            var text = Philox.Below(key, 500, 2) == 0 ? WordPatternTests.RandomText(key) : Prose(key, 40);
            var (expected, found) = (slow.Encode(text, new EncodeOptions()), quick.Encode(text, new EncodeOptions()));
            Assert.Equal(expected.Ids, found.Ids);
            Assert.Equal(expected.Starts, found.Starts);
            Assert.Equal(expected.Ends, found.Ends);
        });
    }

    [Fact]
    public void A_token_may_go_on_over_the_beginning_of_a_word()
    {
        var tokenizer = WithToken("mistral", "e\u2581", ["e", "\u2581"]);
        Assert.Contains(tokenizer.IdOf("e\u2581")!.Value, tokenizer.Encode("e e"));
    }

    [Fact]
    public void Encoding_a_text_again_allocates_little_more_than_its_tokens()
    {
        var (tokenizer, text) = (RefereeTokenizers.Load("gpt2"), Prose(new RandomKey(4, 0, 1), 4000));
        for (var i = 0; i < 3; i++) tokenizer.Encode(text);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var ids = tokenizer.Encode(text);
        // The runtime hands memory to a thread in pieces of 8 KB, and counts those.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, ids.Length * 4, ids.Length * 4 + 20_000);
    }

    private static Tokenizer WithToken(string kind, string token, string[]? merge)
    {
        var json = JsonNode.Parse(RefereeTokenizers.Json(kind))!;
        var added = json["added_tokens"]!.AsArray().Select(entry => entry!["id"]!.GetValue<int>()).Append(-1).Max();
        var vocabulary = json["model"]!["vocab"]!.AsObject();
        vocabulary[token] = Math.Max(added, vocabulary.Max(entry => entry.Value!.GetValue<int>())) + 1;
        if (merge is not null) json["model"]!["merges"]!.AsArray().Insert(0, new JsonArray([.. merge.Select(part => JsonValue.Create(part))]));
        return Tokenizer.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()));
    }

    /// <summary>The same tokenizer with a pattern that is spelled in another way.</summary>
    private static Tokenizer Slow(string kind)
    {
        var json = JsonNode.Parse(RefereeTokenizers.Json(kind))!;
        var steps = new JsonArray();
        if (kind == "starcoder") steps.Add(JsonNode.Parse("""{"type":"Digits","individual_digits":true}"""));
        var expression = WordPatterns.Expressions[kind switch { "llama3" => WordPattern.Llama3, "qwen2" => WordPattern.Qwen2, "o200k" => WordPattern.O200k, _ => WordPattern.Gpt2 }];
        steps.Add(new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = $"(?:{expression})" }, ["behavior"] = "Isolated", ["invert"] = false });
        steps.Add(JsonNode.Parse("""{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":false,"use_regex":false}"""));
        json["pre_tokenizer"] = new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = steps };
        return Tokenizer.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()));
    }

    private static string Prose(RandomKey key, int words)
    {
        string[] marks = [" ", " ", " ", " ", ", ", ".\n", "\n\n    ", "'s ", " (", "_", "\u2014", " \u00FC", "123 ", "<|im_end|>"];
        return string.Concat(Enumerable.Range(0, words).Select(i => Word((int)Philox.Below(key, i * 2, 5000)) + marks[Philox.Below(key, i * 2 + 1, marks.Length)]));
    }

    private static string Word(int number)
    {
        string[] syllables = ["the", "box", "ra", "Hi", "\u00F6l", "ing", "st", "o", "SE", "and"];
        return string.Concat(number.ToString(System.Globalization.CultureInfo.InvariantCulture).Select(digit => syllables[digit - '0']));
    }

    private static int[] OnePairAfterTheOther(Tokenizer tokenizer, string word)
    {
        var parts = Encoding.UTF8.GetBytes(word).Select(b => ByteAlphabet.CharOf(b).ToString()).ToList();
        var merges = JsonNode.Parse(RefereeTokenizers.Json("gpt2"))!["model"]!["merges"]!.AsArray().Select((merge, rank) => (Pair: merge!.GetValue<string>(), rank)).ToDictionary(m => m.Pair, m => m.rank);
        while (Enumerable.Range(0, parts.Count - 1).Where(i => merges.ContainsKey($"{parts[i]} {parts[i + 1]}")).ToList() is { Count: > 0 } places)
        {
            var at = places.MinBy(i => merges[$"{parts[i]} {parts[i + 1]}"]);
            parts[at] += parts[at + 1];
            parts.RemoveAt(at + 1);
        }

        return [.. parts.Select(part => tokenizer.IdOf(part)!.Value)];
    }
}
