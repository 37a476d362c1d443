using System.Text.Json;
using System.Text.Json.Nodes;

namespace Temper.Models;

/// <summary>Defaults of answering, as in generation_config.json.</summary>
public sealed record GenerationConfig
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Tokens that end an answer.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>Token before a text.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>Filling token.</summary>
    public int? PadTokenId { get; init; }

    /// <summary>False: the most probable token is taken.</summary>
    public bool? DoSample { get; init; }

    /// <summary>Divisor of the logits.</summary>
    public double? Temperature { get; init; }

    /// <summary>Smallest set of tokens with this mass, in (0, 1].</summary>
    public double? TopP { get; init; }

    /// <summary>Number of most probable tokens; 0 is all.</summary>
    public int? TopK { get; init; }

    /// <summary>Factor against repetition; 1 is none.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>Longest answer in tokens.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Reads generation_config.json; eos_token_id may be a number or a list.</summary>
    public static GenerationConfig Parse(ReadOnlySpan<byte> json, string file = "generation_config.json")
    {
        var fields = JsonFields.Parse(json, file, "config_invalid");
        var config = new GenerationConfig
        {
            EosTokenIds = fields.TokenIds("eos_token_id"),
            BosTokenId = fields.Int("bos_token_id"),
            PadTokenId = fields.Int("pad_token_id"),
            DoSample = fields.Bool("do_sample"),
            Temperature = fields.Number("temperature", 0),
            TopP = fields.Number("top_p", 0),
            TopK = fields.Int("top_k"),
            RepetitionPenalty = fields.Number("repetition_penalty", double.Epsilon),
            MaxNewTokens = fields.Int("max_new_tokens"),
        };
        fields.ThrowIfAny();
        return config;
    }

    /// <summary>generation_config.json; what is not set is left out.</summary>
    public byte[] ToJson()
    {
        var root = new JsonObject();
        if (BosTokenId is { } bos) root["bos_token_id"] = bos;
        if (DoSample is { } sample) root["do_sample"] = sample;
        if (EosTokenIds.Count > 0) root["eos_token_id"] = ModelConfigJson.Ids(EosTokenIds);
        if (MaxNewTokens is { } longest) root["max_new_tokens"] = longest;
        if (PadTokenId is { } pad) root["pad_token_id"] = pad;
        if (RepetitionPenalty is { } penalty) root["repetition_penalty"] = penalty;
        if (Temperature is { } temperature) root["temperature"] = temperature;
        if (TopK is { } k) root["top_k"] = k;
        if (TopP is { } p) root["top_p"] = p;
        return JsonSerializer.SerializeToUtf8Bytes(root, Indented);
    }
}
