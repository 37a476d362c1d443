using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Core.Errors;

namespace Temper.Models.Tests;

public sealed class TokenizerTests
{
    private static readonly byte[] File = System.IO.File.ReadAllBytes(TinyModel.DataPath("tokenizer.json"));

    private readonly Tokenizer tokenizer = Tokenizer.Parse(File);

    [Fact]
    public void Any_text_comes_back_from_its_tokens_whole_and_streamed()
    {
        foreach (var text in GeneratedTexts.All(3000))
        {
            var encoding = tokenizer.Encode(text, new EncodeOptions());
            var wellFormed = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
            Assert.Equal(wellFormed, tokenizer.Decode(encoding.Ids, skipSpecial: false));
            var stream = new StreamDecoder(tokenizer, skipSpecial: false);
            string[] pieces = [.. encoding.Ids.Select(stream.Push), stream.Finish()];
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
    [InlineData("model.type", "\"WordLevel\"", "tokenizer_unsupported", "model 'WordLevel'")]
    [InlineData("model.type", "\"Unigram\"", "tokenizer_unsupported", "model 'Unigram' with ByteLevel")]
    [InlineData("model.type", "3", "tokenizer_invalid", "model.type is no string")]
    [InlineData("model.dropout", "0.1", "tokenizer_unsupported", "dropout")]
    [InlineData("normalizer", "{\"type\":\"ByteLevel\"}", "tokenizer_unsupported", "normalizer 'ByteLevel'")]
    [InlineData("normalizer", "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAAA\"}", "tokenizer_invalid", "table of replacements")]
    [InlineData("normalizer", "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"!\"}", "tokenizer_invalid", "table of replacements")]
    [InlineData("normalizer", "{\"type\":\"Replace\",\"pattern\":{\"String\":\"\"},\"content\":\"x\"}", "tokenizer_invalid", "normalizer.pattern.String is empty")]
    [InlineData("normalizer", "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFC\"},{\"type\":\"Whatever\"}]}", "tokenizer_unsupported", "'Whatever'")]
    [InlineData("pre_tokenizer", "{\"type\":\"UnicodeScripts\"}", "tokenizer_unsupported", "UnicodeScripts")]
    [InlineData("pre_tokenizer", "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"ByteLevel\"},{\"type\":\"Digits\"}]}", "tokenizer_unsupported", "'Digits' after ByteLevel")]
    [InlineData("pre_tokenizer", "{\"type\":\"Metaspace\",\"replacement\":\"ab\"}", "tokenizer_invalid", "is not one character")]
    [InlineData("pre_tokenizer", "{\"type\":\"Metaspace\",\"replacement\":\"_\",\"prepend_scheme\":\"often\"}", "tokenizer_invalid", "'often'")]
    [InlineData("pre_tokenizer", "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"a\"},\"behavior\":\"Eaten\"}", "tokenizer_invalid", "'Eaten'")]
    [InlineData("pre_tokenizer", "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(a+)+b\"},\"behavior\":\"Isolated\"}", "tokenizer_unsupported", "exponential")]
    [InlineData("pre_tokenizer", "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(a)\\\\1\"},\"behavior\":\"Isolated\"}", "tokenizer_unsupported", "\\1")]
    [InlineData("pre_tokenizer", "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(?<=a)b\"},\"behavior\":\"Isolated\"}", "tokenizer_unsupported", "(?<")]
    [InlineData("pre_tokenizer", "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"a*\"},\"behavior\":\"Isolated\"}", "tokenizer_unsupported", "matches nothing")]
    [InlineData("post_processor", "{\"type\":\"Other\"}", "tokenizer_unsupported", "Other")]
    [InlineData("post_processor", "{\"type\":\"BertProcessing\",\"cls\":[\"a\",1]}", "tokenizer_invalid", "has no sep")]
    [InlineData("post_processor", "{\"type\":\"TemplateProcessing\",\"single\":[],\"special_tokens\":{}}", "tokenizer_invalid", "exactly once")]
    [InlineData("decoder", "{\"type\":\"CTC\"}", "tokenizer_unsupported", "CTC")]
    [InlineData("decoder", "{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"Fuse\"},{\"type\":\"ByteFallback\"}]}", "tokenizer_unsupported", "after Fuse")]
    [InlineData("model.merges", "[\"a zzz\"]", "tokenizer_invalid", "needs token 'zzz'")]
    [InlineData("model.merges", "[\"a b c\"]", "tokenizer_invalid", "is not a pair")]
    [InlineData("model.merges", "[[\"a\",1]]", "tokenizer_invalid", "is not a pair")]
    [InlineData("model.vocab", "{\"a\":1,\"b\":1}", "tokenizer_invalid", "id 1 belongs to two tokens")]
    [InlineData("model.vocab", "{\"a\":-1}", "tokenizer_invalid", "the id -1")]
    [InlineData("model.vocab", "{}", "tokenizer_invalid", "model.vocab is empty")]
    [InlineData("model", "{\"type\":\"BPE\",\"vocab\":{\"a\":5},\"merges\":[]}", "tokenizer_unsupported", "without byte")]
    [InlineData("model", "{\"type\":\"BPE\",\"end_of_word_suffix\":\"_\",\"byte_fallback\":true,\"vocab\":{\"a\":5},\"merges\":[]}", "tokenizer_invalid", "lacks <0x00>")]
    [InlineData("model", "{\"type\":\"BPE\",\"end_of_word_suffix\":\"_\",\"unk_token\":\"?\",\"vocab\":{\"a\":5},\"merges\":[]}", "tokenizer_invalid", "'?'")]
    [InlineData("model", "{\"type\":\"BPE\",\"end_of_word_suffix\":\"_\",\"vocab\":{\"a\":5},\"merges\":[]}", "tokenizer_unsupported", "would be lost")]
    [InlineData("added_tokens", "[{\"id\":40,\"content\":\"<x>\"}]", "tokenizer_invalid", "takes id 40")]
    [InlineData("added_tokens", "[{\"id\":9000,\"content\":\"a\"}]", "tokenizer_invalid", "the vocabulary gives it")]
    [InlineData("added_tokens", "[{\"id\":9000,\"content\":\"<x>\"}]", "tokenizer_invalid", "leaves a gap")]
    [InlineData("added_tokens", "3", "tokenizer_invalid", "added_tokens is no list")]
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
}
