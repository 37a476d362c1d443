using System.Text.Json;

namespace Temper.Models.Tests;

public sealed class BpeTrainerTests
{
    private static readonly string[] Special = ["<|im_start|>", "<|im_end|>"];

    [Fact]
    public void The_same_texts_in_any_order_give_the_same_file()
    {
        var texts = Texts();
        var first = BpeTrainer.Train(texts, 400, Special);
        Assert.Equal(first, BpeTrainer.Train(texts.Reverse(), 400, Special));
        // UPDATE_GOLDEN=1 writes the tokenizer that the golden ids of tests/reference/tokenizers.mjs are made with.
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") File.WriteAllBytes(TinyModel.DataPath("tokenizer.json"), first);
        Assert.Equal(File.ReadAllBytes(TinyModel.DataPath("tokenizer.json")), first);
    }

    [Fact]
    public void The_most_frequent_pair_is_merged_first_and_of_equals_the_smallest()
    {
        using var json = JsonDocument.Parse(BpeTrainer.Train(["xy xy xy ab ab ab zz"], 260, []));
        Assert.Equal(["a b", "x y", "Ġ ab", "Ġ xy"], json.RootElement.GetProperty("model").GetProperty("merges").Deserialize<string[]>()!);
    }

    [Fact]
    public void Special_tokens_come_first_and_are_not_learned_from()
    {
        var tokenizer = Tokenizer.Parse(BpeTrainer.Train(Enumerable.Repeat("<|im_end|>", 50), 300, Special));
        Assert.Equal((0, 1, 258), (tokenizer.IdOf(Special[0]), tokenizer.IdOf(Special[1]), tokenizer.VocabularySize));
        Assert.Equal([1], tokenizer.Encode("<|im_end|>"));
    }

    [Fact]
    public void Learned_merges_shorten_what_they_were_learned_from()
    {
        var text = string.Join(' ', Texts());
        var tokenizer = Tokenizer.Parse(BpeTrainer.Train(Texts(), 400, Special));
        Assert.InRange(tokenizer.Encode(text).Length, 1, text.Length / 2);
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text), skipSpecial: false));
    }

    [Fact]
    public void A_vocabulary_too_small_for_the_bytes_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => BpeTrainer.Train([], 257, Special));

    private static string[] Texts() => [.. Enumerable.Range(0, 60).Select(i =>
        $"<|im_start|>user\nDon't open the box number {i * 7} at Haverstrand before {i % 12}:{i % 60:00}, please!<|im_end|>\nThe box opens when its owner's phone is near. You'll see the ring {(i % 2 == 0 ? "blink" : "shine")}.")];
}
