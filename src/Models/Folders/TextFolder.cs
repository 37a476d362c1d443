using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>The tokenizer and chat template of a model folder, without its weights and whatever its architecture.</summary>
/// <param name="Path">The folder.</param>
/// <param name="Tokenizer">Its tokenizer.json.</param>
/// <param name="Template">Its chat template; null when it has none.</param>
/// <param name="StopTokens">Tokens that end an answer, as <see cref="ModelFolder.StopTokens"/>.</param>
public sealed record TextFolder(string Path, Tokenizer Tokenizer, ChatTemplate? Template, IReadOnlyList<int> StopTokens)
{
    /// <summary>Opens a folder that holds a tokenizer.json.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="adapter">Folder of an adapter of it, whose own chat template, if it brings one, is the one that it is asked in; null for none.</param>
    /// <exception cref="TemperException">Code <c>model_not_found</c> without folder or tokenizer, and those of tokenizers and templates.</exception>
    public static TextFolder Open(string path, string? adapter = null)
    {
        var tokenizer = OpenTokenizer(path);
        var named = adapter is null ? TokenizerConfig.Read(path) : TokenizerConfig.Read(path).WithTemplateOf(adapter);
        var eos = named.Tokens.TryGetValue("eos_token", out var text) && tokenizer.IdOf(text) is { } id ? [id] : Array.Empty<int>();
        return new TextFolder(path, tokenizer, named.Parse(tokenizer.SpecialTokens),
            [.. TokenIds(path, "generation_config.json").Concat(TokenIds(path, "config.json")).Concat(eos).Distinct()]);
    }

    /// <summary>The tokenizer of a folder alone.</summary>
    /// <exception cref="TemperException">Code <c>model_not_found</c> without it.</exception>
    public static Tokenizer OpenTokenizer(string path)
    {
        var file = System.IO.Path.Combine(path, "tokenizer.json");
        return File.Exists(file) ? Tokenizer.Open(file) : throw new TemperException("model_not_found", $"Opening a tokenizer: there is no {file}.", "Add tokenizer.json, which every fast tokenizer of Hugging Face is saved with.");
    }

    private static IReadOnlyList<int> TokenIds(string folder, string name)
    {
        var file = System.IO.Path.Combine(folder, name);
        if (!File.Exists(file)) return [];
        var fields = JsonFields.Parse(File.ReadAllBytes(file), file, "config_invalid");
        var ids = fields.TokenIds("eos_token_id");
        fields.ThrowIfAny();
        return ids;
    }
}
