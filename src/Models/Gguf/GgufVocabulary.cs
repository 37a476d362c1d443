using System.Text.Json;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>tokenizer.json as llama.cpp keeps tokenizers: a model (gpt2 for byte-level BPE, llama for BPE with byte fallback, bert for WordPiece),
/// the name of a pre-tokenizer, spellings, kinds, and merges or scores. What llama.cpp would split in another way is refused
/// (<c>gguf_tokenizer_unsupported</c>).</summary>
internal sealed class GgufVocabulary
{
    private const int Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6;
    private const string Letters = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|";
    private const string Others = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private readonly JsonElement root, model;
    private readonly string[] tokens;
    private readonly int[] kinds;

    private GgufVocabulary(JsonElement root, int rows)
    {
        (this.root, model, tokens, kinds) = (root, root.GetProperty("model"), new string[rows], new int[rows]);
        for (var id = 0; id < rows; id++) (tokens[id], kinds[id]) = ($"[PAD{id}]", Unused);
        foreach (var entry in Spellings()) (tokens[entry.Id], kinds[entry.Id]) = (entry.Text, Normal);
        foreach (var added in Items(root, "added_tokens"))
        {
            var id = added.GetProperty("id").GetInt32();
            (tokens[id], kinds[id]) = (added.GetProperty("content").GetString()!, Flag(added, "special") ? Control : UserDefined);
        }
    }

    /// <summary>The keys of a tokenizer for a model with <paramref name="rows"/> rows of embeddings; <paramref name="notes"/> receives what they cannot say.</summary>
    public static IEnumerable<KeyValuePair<string, object>> Read(ReadOnlyMemory<byte> tokenizerJson, int rows, List<string> notes)
    {
        using var document = JsonDocument.Parse(tokenizerJson);
        var vocabulary = new GgufVocabulary(document.RootElement.Clone(), rows);
        return vocabulary.Type() switch
        {
            "BPE" when Flag(vocabulary.model, "byte_fallback") => vocabulary.SentencePieces(),
            "BPE" => vocabulary.BytePairs(notes),
            "WordPiece" => vocabulary.WordPieces(),
            var other => throw Unsupported($"model '{other}'; supported: BPE and WordPiece"),
        };
    }

    private KeyValuePair<string, object>[] BytePairs(List<string> notes)
    {
        if (Find(root, "normalizer") is { } normalizer)
        {
            if (Name(normalizer) != "NFC" || Pre() != "qwen2") throw Unsupported($"normalizer '{Name(normalizer)}'");
            notes.Add("llama.cpp does not compose characters (NFC) first: it splits texts with loose accents in another way than the model's tokenizer");
        }

        return
        [
            new("tokenizer.ggml.model", "gpt2"), new("tokenizer.ggml.pre", Pre()), new("tokenizer.ggml.tokens", tokens), new("tokenizer.ggml.token_type", kinds),
            new("tokenizer.ggml.merges", Merges().Select(pair => $"{pair.Left} {pair.Right}").ToArray()), new("tokenizer.ggml.add_bos_token", BeginsWithSpecial()),
        ];
    }

    /// <summary>SentencePiece merges the pair whose result has the best score: minus the rank of the first merge that makes it.</summary>
    private KeyValuePair<string, object>[] SentencePieces()
    {
        var scores = new float[tokens.Length];
        var ids = Spellings().ToDictionary(entry => entry.Text, entry => entry.Id);
        var rank = 0;
        var scored = new HashSet<string>();
        foreach (var (left, right) in Merges())
        {
            rank++;
            if (scored.Add(left + right) && ids.TryGetValue(left + right, out var id)) scores[id] = -rank;
        }

        for (var id = 0; id < tokens.Length; id++)
        {
            if (kinds[id] == Normal && tokens[id] is ['<', '0', 'x', _, _, '>']) kinds[id] = Byte;
            if (kinds[id] is Normal && scores[id] == 0) scores[id] = -rank - 1 - id;
        }

        if (Find(model, "unk_token") is { } unknown && ids.TryGetValue(unknown.GetString()!, out var unk)) kinds[unk] = Unknown;
        return
        [
            new("tokenizer.ggml.model", "llama"), new("tokenizer.ggml.pre", "default"), new("tokenizer.ggml.tokens", tokens), new("tokenizer.ggml.scores", scores),
            new("tokenizer.ggml.token_type", kinds), new("tokenizer.ggml.add_bos_token", BeginsWithSpecial()), new("tokenizer.ggml.add_space_prefix", AddsSpace()),
        ];
    }

    /// <summary>llama.cpp spells a word's first piece with a mark of its own and the others bare.</summary>
    private KeyValuePair<string, object>[] WordPieces()
    {
        for (var id = 0; id < tokens.Length; id++)
            if (kinds[id] == Normal) tokens[id] = tokens[id].StartsWith("##", StringComparison.Ordinal) ? tokens[id][2..] : "\u2581" + tokens[id];
        return [new("tokenizer.ggml.model", "bert"), new("tokenizer.ggml.pre", "default"), new("tokenizer.ggml.tokens", tokens), new("tokenizer.ggml.token_type", kinds)];
    }

    /// <summary>llama.cpp's name for how text is cut into words.</summary>
    private string Pre()
    {
        var steps = Find(root, "pre_tokenizer") is { } pre ? Name(pre) == "Sequence" ? [.. pre.GetProperty("pretokenizers").EnumerateArray()] : [pre] : Array.Empty<JsonElement>();
        if (steps.LastOrDefault() is { ValueKind: JsonValueKind.Object } last && Name(last) == "ByteLevel" && !Flag(last, "add_prefix_space"))
        {
            var byRegex = Flag(last, "use_regex", absent: true);
            if (steps is [_]) return byRegex ? "gpt-2" : throw Unsupported("ByteLevel without an expression");
            if (steps is [var digits, _] && Name(digits) == "Digits" && Flag(digits, "individual_digits") && byRegex) return "smollm";
            if (steps is [var split, _] && Name(split) == "Split" && !byRegex)
                return split.GetProperty("pattern").GetProperty("Regex").GetString() switch
                {
                    Letters + @"\p{N}{1,3}" + Others => "llama-bpe",
                    Letters + @"\p{N}" + Others => "qwen2",
                    Gpt2 => "gpt-2",
                    var regex => throw Unsupported($"split pattern {regex}"),
                };
        }

        throw Unsupported($"pre_tokenizer {string.Join(" + ", steps.Select(Name))}");
    }

    /// <summary>Whether a text gets a token in front of it.</summary>
    private bool BeginsWithSpecial()
    {
        if (Find(root, "post_processor") is not { } post) return false;
        var steps = Name(post) == "Sequence" ? post.GetProperty("processors").EnumerateArray().ToArray() : [post];
        return steps.Any(step => Name(step) == "TemplateProcessing" && step.GetProperty("single").EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } first
            && first.TryGetProperty("SpecialToken", out _));
    }

    private bool AddsSpace()
    {
        var text = Find(root, "normalizer")?.GetRawText() ?? "";
        var pre = Find(root, "pre_tokenizer");
        return text.Contains("\"Prepend\"", StringComparison.Ordinal)
            || (pre is { } metaspace && Name(metaspace) == "Metaspace" && (Find(metaspace, "prepend_scheme") is { } scheme ? scheme.GetString() != "never" : Flag(metaspace, "add_prefix_space", absent: true)));
    }

    private IEnumerable<(string Text, int Id)> Spellings() => model.GetProperty("vocab").EnumerateObject().Select(entry => (entry.Name, entry.Value.GetInt32()));

    private IEnumerable<(string Left, string Right)> Merges() => model.GetProperty("merges").EnumerateArray().Select(entry =>
    {
        var pair = entry.ValueKind == JsonValueKind.String ? entry.GetString()!.Split(' ') : [.. entry.EnumerateArray().Select(part => part.GetString()!)];
        return (pair[0], pair[1]);
    });

    private string Type() => model.TryGetProperty("type", out var type) ? type.GetString()! : "BPE";

    private static JsonElement[] Items(JsonElement owner, string name) => Find(owner, name) is { } list ? [.. list.EnumerateArray()] : [];

    private static JsonElement? Find(JsonElement owner, string name) => owner.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string Name(JsonElement step) => step.GetProperty("type").GetString()!;

    private static bool Flag(JsonElement owner, string name, bool absent = false) => Find(owner, name) is { } value ? value.GetBoolean() : absent;

    private static TemperException Unsupported(string what) => new("gguf_tokenizer_unsupported", $"Writing GGUF: the tokenizer uses {what}, which llama.cpp would treat in another way.");
}
