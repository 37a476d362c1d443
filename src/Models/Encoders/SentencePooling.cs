using System.Text.Json;
using Temper.Core.Errors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>How a sentence encoder makes one vector of a text, from the files of sentence-transformers: modules.json, the pooling module's config.json,
/// sentence_bert_config.json. Without them: the mean over tokens, scaled to length 1.</summary>
public sealed record SentencePooling
{
    /// <summary>Whether the first token's state is taken instead of the mean over all tokens.</summary>
    public bool FirstToken { get; init; }

    /// <summary>Whether vectors are scaled to length 1.</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>Longest text in tokens; null where the files do not say.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Reads a model's folder. Modules and kinds of pooling that there are not are refused by name.</summary>
    /// <exception cref="TemperException">Codes <c>config_invalid</c>, <c>unsupported_architecture</c>.</exception>
    public static SentencePooling Read(string folder)
    {
        var longest = Longest(Path.Combine(folder, "sentence_bert_config.json"));
        var file = Path.Combine(folder, "modules.json");
        if (!File.Exists(file)) return new SentencePooling { MaxTokens = longest };
        var (pooling, normalize, modules) = (new SentencePooling { MaxTokens = longest }, false, Modules(file));
        foreach (var (type, path) in modules)
        {
            switch (type[(type.LastIndexOf('.') + 1)..])
            {
                case "Transformer":
                    break;
                case "Pooling":
                    pooling = pooling with { FirstToken = TakesFirst(Path.Combine(folder, path, "config.json")) };
                    break;
                case "Normalize":
                    normalize = true;
                    break;
                default:
                    throw Refused(file, $"module '{type}' is not supported; there are Transformer, Pooling, Normalize");
            }
        }

        var order = string.Join(", ", modules.Select(m => m.Type[(m.Type.LastIndexOf('.') + 1)..]));
        return order is "Transformer, Pooling" or "Transformer, Pooling, Normalize" ? pooling with { Normalize = normalize }
            : throw Refused(file, $"its modules are '{order}'; supported are Transformer, Pooling and perhaps Normalize, in this order");
    }

    /// <summary>One vector per text: [texts, HiddenSize].</summary>
    internal Tensor Pool(Encoder encoder, PackedBatch texts, LoraAdapter? adapter = null)
    {
        if (!FirstToken) return encoder.Embed(texts, adapter);
        var hidden = encoder.Hidden(texts, Encoder.Again with { Adapter = adapter });
        var (rows, at) = (new int[texts.Lengths.Length], 0);
        for (var i = 0; i < rows.Length; i++) (rows[i], at) = (at, at + texts.Lengths[i]);
        return encoder.Engine.Gather(hidden, encoder.Engine.FromInts(rows, rows.Length));
    }

    private static int? Longest(string file)
    {
        if (!File.Exists(file)) return null;
        var fields = JsonFields.Parse(File.ReadAllBytes(file), file, "config_invalid");
        if (fields.Bool("do_lower_case") == true) fields.Report("do_lower_case", "is true, which is not supported: only the tokenizer's own normalizer makes letters small", "unsupported_architecture");
        var longest = fields.Int("max_seq_length", 1);
        fields.ThrowIfAny();
        return longest;
    }

    private static List<(string Type, string Path)> Modules(string file)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            return [.. json.RootElement.EnumerateArray().Select(m => (m.GetProperty("type").GetString()!, SafeName(file, m.GetProperty("path").GetString()!)))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new TemperException([new Problem("config_invalid", $"Reading {file}: it is not a list of modules with type and path: {e.Message}") { File = file }], e);
        }
    }

    /// <summary>A module's folder stands directly in the model's.</summary>
    private static string SafeName(string file, string path) => path.Length == 0 || (path is not ("." or "..") && Path.GetFileName(path) == path) ? path
        : throw Refused(file, $"path '{path}' does not stay in the model's folder");

    private static bool TakesFirst(string file)
    {
        if (!File.Exists(file)) throw Refused(file, "it is not there");
        var fields = JsonFields.Parse(File.ReadAllBytes(file), file, "config_invalid");
        // The newest files name the mode in one word.
        string[] asked = fields.Text("pooling_mode") is { } word ? [word] : [.. fields.Names.Where(name => name.StartsWith("pooling_mode_", StringComparison.Ordinal) && fields.Bool(name) == true)];
        fields.ThrowIfAny();
        return asked switch
        {
            ["pooling_mode_cls_token"] or ["cls"] => true,
            ["pooling_mode_mean_tokens"] or ["mean"] => false,
            _ => throw Refused(file, $"pooling by {(asked.Length == 0 ? "nothing" : string.Join(" and ", asked))} is not supported; there are pooling_mode_mean_tokens and pooling_mode_cls_token"),
        };
    }

    private static TemperException Refused(string file, string why) => new([new Problem("unsupported_architecture", $"Reading {file}: {why}.") { File = file }]);
}
