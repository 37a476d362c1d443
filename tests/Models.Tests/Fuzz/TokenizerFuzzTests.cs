using Temper.Core.Errors;
using Temper.Tensors;

namespace Temper.Models.Tests;

/// <summary>Damaged tokenizers are refused by name, or they encode and decode within their text; nothing else happens.</summary>
public sealed class TokenizerFuzzTests
{
    private static readonly string[] Texts = ["", "a", "Hello, box!\r\n", "\U00020000\u0301 \uD83D \0", "<s> \u2581x ##ing <0x41>", "\u30AB\u3099\u1100\u1161\uFB01\u0130"];

    public static TheoryData<string> Kinds => ["gpt2", "llama3", "llama2", "gemma", "bert_uncased", "unigram"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_damaged_tokenizer_is_refused_by_name_or_works_within_its_text(string kind)
    {
        var good = RefereeTokenizers.Json(kind);
        Fuzzing.Run(kind, 150, key => Feed(Philox.Below(key, 900, 4) == 0 ? Fuzzing.Damage(good, key) : JsonDamage.Damage(good, key)));
    }

    [Fact]
    public void What_once_failed_does_not_fail_again()
    {
        foreach (var file in Corpus.Files("tokenizers")) Corpus.Feed(file, () => Feed(File.ReadAllBytes(file)));
    }

    private static void Feed(byte[] json)
    {
        try
        {
            var tokenizer = Tokenizer.Parse(json);
            foreach (var text in Texts) Check(tokenizer, text);
        }
        catch (TemperException e)
        {
            Assert.Contains(e.Code, (string[])["tokenizer_invalid", "tokenizer_unsupported", "tokenizer_limit"]);
        }
    }

    private static void Check(Tokenizer tokenizer, string text)
    {
        var encoding = tokenizer.Encode(text, new EncodeOptions { AddSpecialTokens = true });
        Assert.All(encoding.Starts.Zip(encoding.Ends), place => Assert.True(place.First >= 0 && place.First <= place.Second && place.Second <= text.Length));
        Assert.All(encoding.Ids, id => Assert.InRange(id, 0, tokenizer.VocabularySize - 1));
        var stream = new StreamDecoder(tokenizer, skipSpecial: false);
        string[] pieces = [.. encoding.Ids.Select(stream.Push), stream.Finish()];
        Assert.Equal(tokenizer.Decode(encoding.Ids, skipSpecial: false), string.Concat(pieces));
    }
}
