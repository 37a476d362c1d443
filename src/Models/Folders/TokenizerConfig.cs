using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>What tokenizer_config.json and chat_template.jinja say: the names of special tokens and the chat template.</summary>
/// <param name="Tokens">bos_token, eos_token and others, as templates see them.</param>
/// <param name="ChatTemplate">The template's text, or null.</param>
/// <param name="Source">The file that holds it.</param>
internal sealed record TokenizerConfig(IReadOnlyDictionary<string, string> Tokens, string? ChatTemplate, string Source)
{
    private const int LongestTemplate = 4 << 20;
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] Names = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    public static TokenizerConfig Read(string folder)
    {
        var tokens = new Dictionary<string, string>();
        string? template = null;
        // Folders of before 2023 keep the names of special tokens in a file of their own; tokenizer_config.json has the last word.
        if (Fields(folder, "special_tokens_map.json") is { } map) AddTokens(map, tokens);
        if (Fields(folder, "tokenizer_config.json") is { } config)
        {
            AddTokens(config, tokens);
            template = Template(config);
            config.ThrowIfAny();
        }

        var file = Path.Combine(folder, Models.ChatTemplate.FileName);
        return File.Exists(file) ? new TokenizerConfig(tokens, TextOf(file), file) : new TokenizerConfig(tokens, template, Path.Combine(folder, "tokenizer_config.json"));
    }

    /// <summary>With the chat template of an adapter, where its folder brings one.</summary>
    public TokenizerConfig WithTemplateOf(string adapter) =>
        Path.Combine(adapter, Models.ChatTemplate.FileName) is var file && File.Exists(file) ? this with { ChatTemplate = TextOf(file), Source = file } : this;

    /// <summary>The template, ready; null without one. Its errors name the file.</summary>
    public ChatTemplate? Parse(IReadOnlyList<string> guarded)
    {
        if (ChatTemplate is null) return null;
        try
        {
            return Models.ChatTemplate.Parse(ChatTemplate, Tokens, guarded);
        }
        catch (TemperException e)
        {
            // Lines count in the template, which is one string of tokenizer_config.json.
            var alone = Source.EndsWith(Models.ChatTemplate.FileName, StringComparison.Ordinal);
            throw new TemperException([.. e.Problems.Select(problem => problem with { File = Source, Line = alone ? problem.Line : null, Path = alone ? null : "chat_template" })], e);
        }
    }

    public static byte[] Write(Tokenizer tokenizer, ModelConfig config, GenerationConfig generation, string? chatTemplate)
    {
        var root = new JsonObject
        {
            ["add_bos_token"] = false,
            ["bos_token"] = config.BosTokenId is { } bos ? tokenizer.TokenOf(bos) : null,
            ["chat_template"] = chatTemplate,
            ["clean_up_tokenization_spaces"] = false,
            ["eos_token"] = generation.EosTokenIds.Concat(config.EosTokenIds).Select(tokenizer.TokenOf).FirstOrDefault(),
            ["model_max_length"] = config.MaxPositions,
            ["pad_token"] = config.PadTokenId is { } pad ? tokenizer.TokenOf(pad) : null,
            ["tokenizer_class"] = "PreTrainedTokenizerFast",
        };
        return JsonSerializer.SerializeToUtf8Bytes(root, Indented);
    }

    private static JsonFields? Fields(string folder, string name)
    {
        var file = Path.Combine(folder, name);
        return File.Exists(file) ? JsonFields.Parse(File.ReadAllBytes(file), file, "tokenizer_invalid") : null;
    }

    private static void AddTokens(JsonFields fields, Dictionary<string, string> tokens)
    {
        foreach (var name in Names)
            if (TokenText(fields.Find(name)) is { } content) tokens[name] = content;
    }

    private static string TextOf(string file)
    {
        if (new FileInfo(file).Length > LongestTemplate) throw new TemperException("template_invalid", $"Reading {file}: it has more than {LongestTemplate} bytes.");
        try
        {
            return Strict.GetString(File.ReadAllBytes(file)).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException e)
        {
            throw new TemperException([new Problem("template_invalid", $"Reading {file}: byte {e.Index + 1} is no UTF-8.") { File = file }], e);
        }
    }

    private static string? TokenText(JsonElement? value) => value switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Object } token when token.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String => content.GetString(),
        _ => null,
    };

    /// <summary>One template, or the one named "default" of a list.</summary>
    private static string? Template(JsonFields fields)
    {
        if (fields.Find("chat_template") is not { } value) return null;
        if (value.ValueKind == JsonValueKind.String) return value.GetString();
        if (value.ValueKind == JsonValueKind.Array)
            foreach (var entry in value.EnumerateArray())
                if (entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String && name.ValueEquals("default")
                    && entry.TryGetProperty("template", out var text) && text.ValueKind == JsonValueKind.String)
                    return text.GetString();
        fields.Report("chat_template", "is neither a string nor a list with one named 'default'");
        return null;
    }
}
