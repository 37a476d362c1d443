namespace Temper.Models;

/// <summary>Learns a byte-level BPE vocabulary (Sennrich et al. 2016, arXiv:1508.07909). Deterministic: the most frequent pair is merged,
/// of equals the one with the smallest (left, right) ids.</summary>
public static class BpeTrainer
{
    /// <summary>A tokenizer.json that other programs load: special tokens first (ids 0…), then 256 bytes, then merges, at most
    /// <paramref name="vocabularySize"/> entries in all.</summary>
    public static byte[] Train(IEnumerable<string> texts, int vocabularySize, IReadOnlyList<string> specialTokens) =>
        throw new NotSupportedException($"{texts} {vocabularySize} {specialTokens.Count}");
}
