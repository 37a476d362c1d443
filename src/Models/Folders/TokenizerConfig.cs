using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Temper.Models;

/// <summary>What tokenizer_config.json and chat_template.jinja say: the names of special tokens and the chat template.</summary>
/// <param name="Tokens">bos_token, eos_token and others, as templates see them.</param>
/// <param name="ChatTemplate">The template's text, or null.</param>
internal sealed record TokenizerConfig(IReadOnlyDictionary<string, string> Tokens, string? ChatTemplate)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] Names = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    public static TokenizerConfig Read(string folder)
    {
        var (configFile, templateFile) = (Path.Combine(folder, "tokenizer_config.json"), Path.Combine(folder, "chat_template.jinja"));
        var tokens = new Dictionary<string, string>();
        string? template = null;
        if (File.Exists(configFile))
        {
            var fields = JsonFields.Parse(File.ReadAllBytes(configFile), configFile, "tokenizer_invalid");
            foreach (var name in Names)
                if (TokenText(fields.Find(name)) is { } content) tokens[name] = content;
            template = Template(fields);
            fields.ThrowIfAny();
        }

        if (File.Exists(templateFile)) template = File.ReadAllText(templateFile);
        return new TokenizerConfig(tokens, template);
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
