using System.Text.Json;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>Reads tokenizer.json. What is damaged is <c>tokenizer_invalid</c>, what is not supported <c>tokenizer_unsupported</c>; both name it.</summary>
internal sealed class TokenizerJson(string file)
{
    private const int MaximumTokens = 1 << 22;

    /// <summary>Parses and checks the file.</summary>
    public static TokenizerParts Parse(ReadOnlyMemory<byte> json, string file)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return new TokenizerJson(file).Read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new TemperException([new Problem("tokenizer_invalid", $"Reading {file}: {e.Message}") { File = file }], e);
        }
    }

    private TokenizerParts Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || Part(root, "model") is not { } model) throw Invalid("there is no model");
        if (Part(root, "normalizer") is { } normalizer) throw Unsupported($"normalizer '{Type(normalizer)}'; supported: none");
        if (Part(root, "decoder") is { } decoder && Type(decoder) != "ByteLevel") throw Unsupported($"decoder '{Type(decoder)}'; supported: ByteLevel");
        RefuseModel(model);
        var vocabulary = ReadVocabulary(model.GetProperty("vocab"));
        var (pattern, prefix) = ReadPreTokenizer(Part(root, "pre_tokenizer") ?? throw Unsupported("no pre_tokenizer; supported: ByteLevel"));
        var added = ReadAdded(root, vocabulary);
        return new TokenizerParts
        {
            Vocabulary = vocabulary,
            Merges = ReadMerges(model.GetProperty("merges"), vocabulary),
            Added = added,
            Pattern = pattern,
            AddPrefixSpace = prefix,
            IgnoreMerges = Flag(model, "ignore_merges"),
            Template = Part(root, "post_processor") is { } post ? ReadPostProcessor(post) : [new TemplateStep(null)],
            ByteIds = [.. Enumerable.Range(0, 256).Select(b => vocabulary.TryGetValue(ByteAlphabet.CharOf((byte)b).ToString(), out var id)
                ? id : throw Unsupported($"a vocabulary without byte 0x{b:X2}"))],
        };
    }

    private void RefuseModel(JsonElement model)
    {
        var type = model.TryGetProperty("type", out _) ? Type(model) : "BPE";
        if (type != "BPE") throw Unsupported($"model '{type}'; supported: BPE");
        if (model.TryGetProperty("dropout", out var dropout) && dropout.ValueKind == JsonValueKind.Number && dropout.GetDouble() > 0) throw Unsupported("dropout in merging");
        foreach (var name in new[] { "continuing_subword_prefix", "end_of_word_suffix" })
            if (Part(model, name) is { } affix && affix.GetString()!.Length > 0) throw Unsupported(name);
    }

    private Dictionary<string, int> ReadVocabulary(JsonElement element)
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        var ids = new HashSet<int>();
        foreach (var entry in element.EnumerateObject())
        {
            if (!entry.Value.TryGetInt32(out var id) || id is < 0 or >= MaximumTokens) throw Invalid($"token '{entry.Name}' has id {entry.Value.GetRawText()}, expected 0 to {MaximumTokens - 1}");
            if (!ids.Add(id)) throw Invalid($"id {id} belongs to two tokens, '{entry.Name}' is one");
            vocabulary.Add(entry.Name, id);
        }

        return vocabulary;
    }

    private Dictionary<(int, int), (int, int)> ReadMerges(JsonElement element, Dictionary<string, int> vocabulary)
    {
        var merges = new Dictionary<(int, int), (int, int)>();
        var rank = 0;
        foreach (var entry in element.EnumerateArray())
        {
            var parts = entry.ValueKind == JsonValueKind.String ? entry.GetString()!.Split(' ') : [.. entry.EnumerateArray().Select(part => part.GetString()!)];
            if (parts is not [var left, var right]) throw Invalid($"merge {rank} ({entry.GetRawText()}) is not a pair");
            // Of a pair that is listed twice the reference keeps the later rank.
            merges[(Id(left), Id(right))] = (rank, Id(left + right));
            rank++;
        }

        return merges;

        int Id(string token) => vocabulary.TryGetValue(token, out var id) ? id : throw Invalid($"merge {rank} needs token '{token}', which the vocabulary lacks");
    }

    private List<AddedToken> ReadAdded(JsonElement root, Dictionary<string, int> vocabulary)
    {
        var added = new List<AddedToken>();
        if (Part(root, "added_tokens") is not { } list) return added;
        var byId = vocabulary.ToDictionary(pair => pair.Value, pair => pair.Key);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in list.EnumerateArray())
        {
            var content = entry.GetProperty("content").GetString()!;
            var id = entry.GetProperty("id").GetInt32();
            if (content.Length == 0 || id is < 0 or >= MaximumTokens) throw Invalid($"added token '{content}' has id {id}");
            if (!seen.Add(content)) throw Invalid($"added token '{content}' is listed twice");
            if (vocabulary.TryGetValue(content, out var known) && known != id) throw Invalid($"added token '{content}' has id {id}, the vocabulary gives it {known}");
            if (!byId.TryAdd(id, content) && byId[id] != content) throw Invalid($"added token '{content}' takes id {id}, which belongs to '{byId[id]}'");
            added.Add(new AddedToken(id, content, Flag(entry, "special"), Flag(entry, "single_word"), Flag(entry, "lstrip"), Flag(entry, "rstrip"), Flag(entry, "normalized")));
        }

        return added;
    }

    private (WordPattern Pattern, bool PrefixSpace) ReadPreTokenizer(JsonElement element)
    {
        var steps = Steps(element, "pretokenizers");
        if (steps is [var only] && Type(only) == "ByteLevel")
            return (Flag(only, "use_regex", absent: true) ? WordPattern.Gpt2 : WordPattern.None, Flag(only, "add_prefix_space"));
        if (steps is [var split, var bytes] && Type(split) == "Split" && Type(bytes) == "ByteLevel" && !Flag(bytes, "use_regex", absent: true) && !Flag(bytes, "add_prefix_space"))
        {
            var regex = split.GetProperty("pattern").TryGetProperty("Regex", out var text) ? text.GetString()! : split.GetProperty("pattern").GetRawText();
            if (split.GetProperty("behavior").GetString() == "Isolated" && !Flag(split, "invert") && WordPatterns.Find(regex) is { } pattern) return (pattern, false);
            throw Unsupported($"split pattern {regex}");
        }

        throw Unsupported($"pre_tokenizer {string.Join(" + ", steps.Select(Type))}; supported: ByteLevel, or Split with a known pattern + ByteLevel");
    }

    private List<TemplateStep> ReadPostProcessor(JsonElement element)
    {
        List<TemplateStep> template = [new TemplateStep(null)];
        foreach (var step in Steps(element, "processors"))
        {
            if (Type(step) == "ByteLevel") continue;
            if (Type(step) != "TemplateProcessing") throw Unsupported($"post_processor '{Type(step)}'; supported: ByteLevel, TemplateProcessing");
            template = [.. step.GetProperty("single").EnumerateArray().SelectMany(piece => ReadPiece(piece, step))];
            if (template.Count(piece => piece.Id is null) != 1) throw Invalid("the post_processor does not use the text exactly once");
        }

        return template;
    }

    private static IEnumerable<TemplateStep> ReadPiece(JsonElement piece, JsonElement processor)
    {
        if (!piece.TryGetProperty("SpecialToken", out var special)) return [new TemplateStep(null)];
        var known = processor.GetProperty("special_tokens").GetProperty(special.GetProperty("id").GetString()!);
        return known.GetProperty("ids").EnumerateArray().Select(id => new TemplateStep(id.GetInt32()));
    }

    private static List<JsonElement> Steps(JsonElement element, string list) => Type(element) == "Sequence" ? [.. element.GetProperty(list).EnumerateArray()] : [element];

    private static JsonElement? Part(JsonElement owner, string name) => owner.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string Type(JsonElement element) => element.GetProperty("type").GetString()!;

    private static bool Flag(JsonElement owner, string name, bool absent = false) => owner.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetBoolean() : absent;

    private TemperException Invalid(string what) => new([new Problem("tokenizer_invalid", $"Reading {Path.GetFileName(file)}: {what}.") { File = file }]);

    private TemperException Unsupported(string what) => new([new Problem("tokenizer_unsupported", $"Reading {Path.GetFileName(file)}: it uses {what}.") { File = file }]);
}
