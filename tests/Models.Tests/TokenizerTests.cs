using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Core.Errors;

namespace Temper.Models.Tests;

public sealed class TokenizerTests
{
    private static readonly byte[] File = System.IO.File.ReadAllBytes(TinyModel.DataPath("tokenizer.json"));

    private readonly Tokenizer tokenizer = Tokenizer.Parse(File);

    public static TheoryData<string> Variants => ["trained", "prefix_space", "llama3", "qwen2"];

    [Theory]
    [MemberData(nameof(Variants))]
    public void Ids_are_those_of_the_reference_library(string variant)
    {
        using var golden = JsonDocument.Parse(System.IO.File.ReadAllBytes(TinyModel.DataPath("tokenizer-golden.json")));
        var texts = golden.RootElement.GetProperty("texts").Deserialize<string[]>()!;
        var expected = golden.RootElement.GetProperty("variants").GetProperty(variant);
        var changed = Change(expected.GetProperty("change"));
        var options = new EncodeOptions { AddSpecialTokens = expected.GetProperty("add_special_tokens").GetBoolean() };
        for (var i = 0; i < texts.Length; i++)
        {
            var found = changed.Encode(texts[i], options);
            Assert.True(expected.GetProperty("ids")[i].Deserialize<int[]>()!.SequenceEqual(found.Ids), $"{variant} '{texts[i]}': expected {expected.GetProperty("ids")[i]}, found {JsonSerializer.Serialize(found.Ids)}");
        }
    }

    [Fact]
    public void Any_text_comes_back_from_its_tokens_whole_and_streamed()
    {
        foreach (var text in GeneratedTexts.All(3000))
        {
            var encoding = tokenizer.Encode(text, new EncodeOptions());
            var wellFormed = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
            Assert.Equal(wellFormed, tokenizer.Decode(encoding.Ids, skipSpecial: false));
            var stream = new StreamDecoder(tokenizer, skipSpecial: false);
            var pieces = encoding.Ids.Select(stream.Push).Append(stream.Finish()).ToArray();
            Assert.Equal(wellFormed, string.Concat(pieces));
            Assert.DoesNotContain(pieces, p => p.Length > 0 && (char.IsHighSurrogate(p[^1]) || char.IsLowSurrogate(p[0])));
        }
    }

    [Fact]
    public void Every_token_knows_the_characters_it_stands_for()
    {
        foreach (var text in GeneratedTexts.All(500).Where(t => t.Length > 0 && !t.Contains('\uFFFD', StringComparison.Ordinal) && !t.Any(char.IsSurrogate)))
        {
            var (ids, starts, ends) = tokenizer.Encode(text, new EncodeOptions());
            Assert.Equal((0, text.Length), (starts[0], ends[^1]));
            for (var i = 0; i < ids.Length; i++)
            {
                Assert.True(starts[i] < ends[i] && (i == 0 || starts[i] == ends[i - 1] || starts[i] == starts[i - 1] || starts[i] == ends[i - 1] - 1));
                var decoded = tokenizer.Decode([ids[i]], skipSpecial: false);
                if (!decoded.Contains('\uFFFD', StringComparison.Ordinal)) Assert.Equal(text[starts[i]..ends[i]], decoded);
            }
        }
    }

    [Fact]
    public void Parts_of_one_character_share_its_place()
    {
        var (ids, starts, ends) = tokenizer.Encode("a\U0001F600b", new EncodeOptions());
        Assert.Equal(6, ids.Length);
        Assert.Equal([0, 1, 1, 1, 1, 3], starts);
        Assert.Equal([1, 3, 3, 3, 3, 4], ends);
    }

    [Fact]
    public void A_megabyte_of_one_letter_is_encoded_in_a_moment()
    {
        var text = new string('e', 1 << 20);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 20);
    }

    [Fact]
    public void A_special_token_in_plain_text_is_one_token_unless_it_must_not_be()
    {
        const string Text = "a<|im_end|>b";
        var id = tokenizer.IdOf("<|im_end|>")!.Value;
        Assert.Equal(3, tokenizer.Encode(Text).Length);
        var plain = tokenizer.Encode(Text, new EncodeOptions { SpecialAsText = true });
        var cut = tokenizer.Encode(Text + "<|im_end|>", new EncodeOptions { Cuts = [2] });
        Assert.DoesNotContain(id, plain.Ids);
        Assert.Equal([.. plain.Ids, id], cut.Ids);
        Assert.Equal("ab", tokenizer.Decode(tokenizer.Encode(Text)));
        Assert.Equal(Text, tokenizer.Decode(plain.Ids));
    }

    [Fact]
    public void A_lone_surrogate_counts_as_the_replacement_character()
    {
        Assert.Equal("a\uFFFDb", tokenizer.Decode(tokenizer.Encode("a\uD83Db")));
        Assert.Equal("\uFFFD", tokenizer.Decode(tokenizer.Encode("\uDE00")));
        Assert.Equal([0, 1, 2], tokenizer.Encode("a\uD83Db", new EncodeOptions()).Starts.Distinct());
    }

    [Fact]
    public void Line_ends_and_next_line_are_white_space_as_in_Unicode()
    {
        Assert.Equal(["a", "\u0085", "b"], Words("a\u0085b"));
        Assert.Equal(["a", "\r", "\n", "b"], Words("a\r\nb"));
        Assert.Equal(["a\U00020000b"], Words("a\U00020000b"));
        Assert.Equal(["\uFEFF", "a"], Words("\uFEFFa"));
    }

    [Theory]
    [InlineData("model.type", "\"Unigram\"", "tokenizer_unsupported", "model 'Unigram'")]
    [InlineData("normalizer", "{\"type\":\"NFC\"}", "tokenizer_unsupported", "normalizer 'NFC'")]
    [InlineData("pre_tokenizer", "{\"type\":\"Metaspace\"}", "tokenizer_unsupported", "Metaspace")]
    [InlineData("pre_tokenizer", "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(a+)+$\"},\"behavior\":\"Isolated\"},{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"use_regex\":false}]}", "tokenizer_unsupported", "(a+)+$")]
    [InlineData("post_processor", "{\"type\":\"BertProcessing\"}", "tokenizer_unsupported", "BertProcessing")]
    [InlineData("decoder", "{\"type\":\"WordPiece\"}", "tokenizer_unsupported", "WordPiece")]
    [InlineData("model.merges", "[\"a zzz\"]", "tokenizer_invalid", "needs token 'zzz'")]
    [InlineData("model.merges", "[\"a b c\"]", "tokenizer_invalid", "is not a pair")]
    [InlineData("model.vocab", "{\"a\":1,\"b\":1}", "tokenizer_invalid", "id 1 belongs to two tokens")]
    [InlineData("model.vocab", "{\"a\":-1}", "tokenizer_invalid", "id -1")]
    [InlineData("model", "{\"type\":\"BPE\",\"vocab\":{\"a\":5},\"merges\":[]}", "tokenizer_unsupported", "without byte")]
    [InlineData("added_tokens", "[{\"id\":40,\"content\":\"<x>\"}]", "tokenizer_invalid", "takes id 40")]
    [InlineData("added_tokens", "[{\"id\":9000,\"content\":\"a\"}]", "tokenizer_invalid", "the vocabulary gives it")]
    [InlineData("added_tokens", "3", "tokenizer_invalid", "")]
    public void What_is_damaged_or_not_supported_is_named(string path, string value, string code, string text)
    {
        var json = JsonNode.Parse(File)!;
        var parts = path.Split('.');
        (parts.Length == 1 ? json : json[parts[0]]!)[parts[^1]] = JsonNode.Parse(value);
        var error = Assert.Throws<TemperException>(() => Tokenizer.Parse(Encoding.UTF8.GetBytes(json.ToJsonString())));
        Assert.Equal(code, error.Code);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"model\":")]
    [InlineData("{\"model\":{\"type\":\"BPE\"}}")]
    [InlineData("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"a\":1},\"merges\":[]}}")]
    public void A_broken_file_is_an_error_and_not_a_crash(string json) =>
        Assert.Equal("tokenizer_invalid", Assert.Throws<TemperException>(() => Tokenizer.Parse(Encoding.UTF8.GetBytes(json))).Code);

    private static string[] Words(string text)
    {
        var words = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var end = WordScanner.NextEnd(WordPattern.Gpt2, text, at);
            words.Add(text[at..end]);
            at = end;
        }

        return [.. words];
    }

    private static Tokenizer Change(JsonElement change)
    {
        var json = JsonNode.Parse(File)!.AsObject();
        foreach (var property in change.EnumerateObject())
        {
            var value = JsonNode.Parse(property.Value.GetRawText())!;
            if (property.Name == "model") value["vocab"] = json["model"]!["vocab"]!.DeepClone();
            json[property.Name] = value;
        }

        return Tokenizer.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()));
    }
}
