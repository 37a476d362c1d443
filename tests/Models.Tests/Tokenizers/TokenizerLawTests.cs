using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Temper.Core.Errors;

namespace Temper.Models.Tests;

public sealed class TokenizerLawTests
{
    private static readonly string[] Texts = [.. RefereeTexts.All(1500), "", "\uD83D", "a\uDE00b", "\0", "\uFFFD", "<s>", " <s> ", "\u2581"];

    public static TheoryData<string> Kinds => [.. RefereeTokenizers.Names];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_stream_of_tokens_gives_the_text_of_all_tokens_and_never_half_a_character(string kind)
    {
        var tokenizer = RefereeTokenizers.Load(kind);
        foreach (var (text, i) in Texts.Select((text, i) => (text, i)))
        {
            // Shuffled tokens make runs of bytes that are no UTF-8.
            var ids = tokenizer.Encode(text, addSpecialTokens: i % 2 == 0);
            if (i % 3 == 0) ids = [.. ids.OrderBy(id => (id * 7919) % 1013)];
            var stream = new StreamDecoder(tokenizer, skipSpecial: i % 5 == 0);
            string[] pieces = [.. ids.Select(stream.Push), stream.Finish()];
            Assert.Equal(tokenizer.Decode(ids, skipSpecial: i % 5 == 0), string.Concat(pieces));
            Assert.DoesNotContain(pieces, piece => piece.Length > 0 && (char.IsLowSurrogate(piece[0]) || char.IsHighSurrogate(piece[^1])));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Places_are_inside_the_text_in_order_and_halve_no_character(string kind)
    {
        var tokenizer = RefereeTokenizers.Load(kind);
        foreach (var text in Texts)
        {
            var (ids, starts, ends) = tokenizer.Encode(text, new EncodeOptions());
            var places = starts.Zip(ends).ToArray();
            Assert.Equal(ids.Length, places.Length);
            Assert.All(places, place => Assert.True(place.First >= 0 && place.First <= place.Second && place.Second <= text.Length));
            Assert.All(places, place => Assert.False(IsInside(text, place.First) || IsInside(text, place.Second)));
            if (kind is not ("bert_uncased" or "wordpiece_nfd" or "wordpiece_nfkd" or "albert" or "bert_cased" or "bert_stripped")) Assert.Equal(starts.Order(), starts);
        }
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama3")]
    [InlineData("o200k")]
    [InlineData("deepseek")]
    [InlineData("starcoder")]
    [InlineData("llama2")]
    [InlineData("gemma")]
    public void Every_text_comes_back_from_its_tokens_and_every_character_has_one(string kind)
    {
        var tokenizer = RefereeTokenizers.Load(kind);
        foreach (var text in Texts.Where(text => !text.Contains('<', StringComparison.Ordinal) && !text.Contains('\u2581', StringComparison.Ordinal)))
        {
            var encoding = tokenizer.Encode(text, new EncodeOptions());
            Assert.Equal(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)), tokenizer.Decode(encoding.Ids, skipSpecial: false));
            var covered = new bool[text.Length];
            foreach (var (start, end) in encoding.Starts.Zip(encoding.Ends)) Array.Fill(covered, true, start, end - start);
            Assert.DoesNotContain(false, covered);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_megabyte_of_one_letter_or_sign_is_encoded_in_a_moment(string kind)
    {
        var tokenizer = RefereeTokenizers.Load(kind);
        foreach (var text in new[] { new string('e', 1 << 20), new string(' ', 1 << 19), new string('\u0301', 1 << 18), string.Concat(Enumerable.Repeat("\U00020000", 1 << 18)), new string('\n', 1 << 19) + "x" })
        {
            var clock = Stopwatch.StartNew();
            tokenizer.Decode(tokenizer.Encode(text));
            Assert.InRange(clock.Elapsed.TotalSeconds, 0, 20);
        }
    }

    [Fact]
    public void A_pattern_that_takes_quadratic_time_is_stopped_and_named()
    {
        var json = JsonNode.Parse(RefereeTokenizers.Json("gpt2"))!;
        json["pre_tokenizer"] = JsonNode.Parse("""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"x+y|z"},"behavior":"Isolated"},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}""");
        var tokenizer = Tokenizer.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()));
        Assert.Equal("zxxyz", tokenizer.Decode(tokenizer.Encode("zxxyz")));
        Assert.Equal("tokenizer_limit", Assert.Throws<TemperException>(() => tokenizer.Encode(new string('x', 100_000))).Code);
    }

    [Fact]
    public void Truncation_and_padding_in_the_file_change_nothing()
    {
        var json = JsonNode.Parse(RefereeTokenizers.Json("bert_uncased"))!;
        json["truncation"] = JsonNode.Parse("""{"direction":"Right","max_length":4,"strategy":"LongestFirst","stride":0}""");
        json["padding"] = JsonNode.Parse("""{"strategy":{"Fixed":32},"direction":"Right","pad_id":0,"pad_type_id":0,"pad_token":"[PAD]"}""");
        var changed = Tokenizer.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()));
        var plain = RefereeTokenizers.Load("bert_uncased");
        foreach (var text in Texts.Take(200)) Assert.Equal(plain.Encode(text, addSpecialTokens: true), changed.Encode(text, addSpecialTokens: true));
    }

    private static bool IsInside(string text, int place) => place > 0 && place < text.Length && char.IsLowSurrogate(text[place]) && char.IsHighSurrogate(text[place - 1]);
}
