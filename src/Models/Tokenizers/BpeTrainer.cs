using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Temper.Models;

/// <summary>Learns a byte-level BPE vocabulary (Sennrich et al. 2016, arXiv:1508.07909). Deterministic, whatever the order of the texts: the
/// most frequent pair is merged, of equals the one with the smallest (left, right) ids, down to pairs that occur twice.</summary>
public static class BpeTrainer
{
    /// <summary>Longer words (a megabyte of one letter) teach nothing and cost quadratic time.</summary>
    private const int LongestWord = 256;

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A tokenizer.json that other programs load: special tokens first (ids 0…), then 256 bytes, then merges, at most
    /// <paramref name="vocabularySize"/> entries in all. Special tokens inside the texts are not learned from.</summary>
    public static byte[] Train(IEnumerable<string> texts, int vocabularySize, IReadOnlyList<string> specialTokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularySize, 256 + specialTokens.Count);
        var alphabet = Enumerable.Range(0, 256).Select(b => ByteAlphabet.CharOf((byte)b)).Order().ToArray();
        List<string> vocabulary = [.. specialTokens, .. alphabet.Select(c => c.ToString())];
        var idOfByte = new int[256];
        for (var b = 0; b < 256; b++) idOfByte[b] = specialTokens.Count + Array.IndexOf(alphabet, ByteAlphabet.CharOf((byte)b));
        var words = CountWords(texts, specialTokens);
        var learner = new PairLearner([.. words.Select(word => (Encoding.UTF8.GetBytes(word.Key).Select(b => idOfByte[b]).ToList(), word.Value))]);
        var merges = new JsonArray();
        while (vocabulary.Count < vocabularySize && learner.TakeBest() is var (left, right))
        {
            learner.Merge((left, right), vocabulary.Count);
            merges.Add($"{vocabulary[left]} {vocabulary[right]}");
            vocabulary.Add(vocabulary[left] + vocabulary[right]);
        }

        return Document(vocabulary, merges, specialTokens);
    }

    private static Dictionary<string, long> CountWords(IEnumerable<string> texts, IReadOnlyList<string> specialTokens)
    {
        var special = new AddedTokens([.. specialTokens.Select((content, id) => new AddedToken(id, content, true, false, false, false, false))], null);
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        var (plain, pieces) = (new EncodeOptions(), new List<TextPiece>());
        foreach (var text in texts)
        {
            pieces.Clear();
            special.Split(CodePoints.WellFormed(text), plain, pieces);
            foreach (var piece in pieces)
            {
                if (piece.Token is not null) continue;
                var span = piece.Text.Span;
                for (var at = 0; at < span.Length;)
                {
                    var end = WordScanner.NextEnd(WordPattern.Gpt2, span, at);
                    if (end - at <= LongestWord) lookup[span[at..end]] = lookup.TryGetValue(span[at..end], out var count) ? count + 1 : 1;
                    at = end;
                }
            }
        }

        return counts;
    }

    private static byte[] Document(List<string> vocabulary, JsonArray merges, IReadOnlyList<string> specialTokens)
    {
        var added = new JsonArray([.. specialTokens.Select((content, id) => (JsonNode)new JsonObject
        {
            ["id"] = id,
            ["content"] = content,
            ["single_word"] = false,
            ["lstrip"] = false,
            ["rstrip"] = false,
            ["normalized"] = false,
            ["special"] = true,
        })]);
        var ids = new JsonObject();
        for (var id = 0; id < vocabulary.Count; id++) ids[vocabulary[id]] = id;
        var root = new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = added,
            ["normalizer"] = null,
            ["pre_tokenizer"] = ByteLevel(),
            ["post_processor"] = null,
            ["decoder"] = ByteLevel(),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["ignore_merges"] = false,
                ["vocab"] = ids,
                ["merges"] = merges,
            },
        };
        return JsonSerializer.SerializeToUtf8Bytes(root, Json);
    }

    private static JsonObject ByteLevel() => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true };
}
