using System.Text.Json;

namespace Temper.Models;

/// <summary>Reads <c>model</c>.</summary>
internal static class ModelReader
{
    /// <summary>The model and its vocabulary by spelling.</summary>
    public static (WordModel Model, Dictionary<string, int> Vocabulary) Read(TokenizerNode node, bool spellsBytes) => TypeOf(node) switch
    {
        "BPE" => Pairs(node, spellsBytes),
        "WordPiece" when !spellsBytes => WordPiece(node),
        "Unigram" when !spellsBytes => Unigram(node),
        "WordPiece" or "Unigram" => throw node.Unsupported($"model '{node.Type}' with ByteLevel"),
        var other => throw node.Unsupported($"model '{other}'; supported: BPE, WordPiece, Unigram"),
    };

    /// <summary>Files of before 2020 do not name the type.</summary>
    private static string TypeOf(TokenizerNode node) => node.Find("type") is { } type ? type.AsText()
        : node.Find("merges") is not null ? "BPE" : node.Find("vocab") is { Element.ValueKind: JsonValueKind.Array } ? "Unigram" : node.Find("continuing_subword_prefix") is not null ? "WordPiece" : "BPE";

    private static (WordModel, Dictionary<string, int>) Pairs(TokenizerNode node, bool spellsBytes)
    {
        if (node.Find("dropout") is { Element.ValueKind: JsonValueKind.Number } dropout && dropout.Element.GetDouble() > 0) throw node.Unsupported("dropout in merging");
        var vocabulary = VocabularyReader.Vocabulary(node.Get("vocab"));
        var (prefix, suffix) = (node.Find("continuing_subword_prefix")?.AsText() ?? "", node.Find("end_of_word_suffix")?.AsText() ?? "");
        var merges = new PairMerges(new PairRanks(VocabularyReader.Merges(node, vocabulary, prefix.Length)));
        var ignoreMerges = node.Flag("ignore_merges");
        if (spellsBytes && prefix.Length == 0 && suffix.Length == 0)
            return (new ByteLevelModel(SpelledBytes(node, vocabulary), merges, vocabulary, ignoreMerges), vocabulary);
        var byteIds = node.Flag("byte_fallback") ? FallbackBytes(node, vocabulary) : null;
        var unknown = node.Find("unk_token") is { } token ? IdOf(token, vocabulary) : -1;
        if (unknown < 0 && byteIds is null) throw node.Unsupported("neither unk_token nor byte_fallback, so that characters outside the vocabulary would be lost");
        return (new CharacterPairModel(vocabulary, merges, new CharacterPairRules
        {
            Unknown = unknown,
            FuseUnknown = node.Flag("fuse_unk"),
            ByteIds = byteIds,
            ContinuingPrefix = prefix,
            EndSuffix = suffix,
            IgnoreMerges = ignoreMerges,
            SpellsBytes = spellsBytes,
        }), vocabulary);
    }

    private static (WordModel, Dictionary<string, int>) WordPiece(TokenizerNode node)
    {
        var vocabulary = VocabularyReader.Vocabulary(node.Get("vocab"));
        var prefix = node.Find("continuing_subword_prefix")?.AsText() ?? "##";
        var most = node.Find("max_input_chars_per_word")?.AsWhole() ?? 100;
        var unknown = vocabulary.TryGetValue(node.Find("unk_token")?.AsText() ?? "[UNK]", out var id) ? id : throw node.Invalid("has an unk_token that the vocabulary lacks");
        return (new WordPieceModel(vocabulary, prefix, unknown, most), vocabulary);
    }

    private static (WordModel, Dictionary<string, int>) Unigram(TokenizerNode node)
    {
        var tokens = new List<(string Spelling, double Score)>();
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var entry in node.Items("vocab"))
        {
            if (entry.Element.ValueKind != JsonValueKind.Array || entry.Element.GetArrayLength() != 2 || entry.Element[0].ValueKind != JsonValueKind.String
                || entry.Element[1].ValueKind != JsonValueKind.Number || !entry.Element[1].TryGetDouble(out var score) || !double.IsFinite(score))
                throw entry.Invalid("is no [token, score]");
            var spelling = entry.Element[0].GetString()!;
            if (!ids.TryAdd(spelling, tokens.Count)) throw entry.Invalid($"lists token '{spelling}' a second time");
            tokens.Add((spelling, score));
        }

        if (tokens.Count == 0) throw node.Invalid("has an empty vocabulary");
        if (node.Find("unk_id") is null) throw node.Unsupported("no unk_id, so that characters outside the vocabulary have no token");
        var unknown = node.Whole("unk_id");
        if (unknown >= tokens.Count) throw node.Invalid($"has the unk_id {unknown}, but {tokens.Count} tokens");
        return (new UnigramModel(tokens, ids, unknown, node.Flag("byte_fallback") ? FallbackBytes(node, ids) : null), ids);
    }

    private static int IdOf(TokenizerNode token, Dictionary<string, int> vocabulary) =>
        vocabulary.TryGetValue(token.AsText(), out var id) ? id : throw token.Invalid($"is '{token.AsText()}', which the vocabulary lacks");

    /// <summary>Tokens of the bytes in GPT-2's alphabet. UTF-8 never uses 0xC0, 0xC1 and 0xF5 to 0xFF.</summary>
    private static int[] SpelledBytes(TokenizerNode node, Dictionary<string, int> vocabulary) =>
    [
        .. Enumerable.Range(0, 256).Select(b => vocabulary.TryGetValue(ByteAlphabet.CharOf((byte)b).ToString(), out var id) ? id
            : b is 0xC0 or 0xC1 or >= 0xF5 ? -1 : throw node.Unsupported($"a vocabulary without byte 0x{b:X2}")),
    ];

    private static int[] FallbackBytes(TokenizerNode node, Dictionary<string, int> vocabulary) =>
    [
        .. Enumerable.Range(0, 256).Select(b => vocabulary.TryGetValue($"<0x{b:X2}>", out var id) ? id
            : b is 0xC0 or 0xC1 or >= 0xF5 ? -1 : throw node.Invalid($"has byte_fallback, but its vocabulary lacks <0x{b:X2}>")),
    ];
}
