using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>What llama.cpp wants done to a weight.</summary>
internal enum GgufChange
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Rows of every head interleaved: the llama architecture turns neighbours, Hugging Face halves.</summary>
    InterleaveQueries,

    /// <summary>The same for keys.</summary>
    InterleaveKeys,

    /// <summary>1 added: a norm that the family applies as 1 + w.</summary>
    PlusOne,

    /// <summary>Times the factor that llama.cpp's own scale of scores lacks.</summary>
    ScaleQueries,

    /// <summary>[in, out] to [out, in].</summary>
    Transpose,
}

/// <summary>A weight of a block, under its names in both worlds.</summary>
internal sealed record GgufName(string Ours, string Theirs, GgufChange Change = GgufChange.None);

/// <summary>A family of models as llama.cpp knows it: its name there, and the names of its weights, without block prefix, <c>.weight</c> and <c>.bias</c>.</summary>
/// <param name="Architecture">general.architecture.</param>
/// <param name="BlockPrefix">What stands before a block's number.</param>
/// <param name="Outside">Weights outside the blocks.</param>
/// <param name="Block">Weights of a block.</param>
internal sealed record GgufFamily(string Architecture, string BlockPrefix, IReadOnlyList<GgufName> Outside, IReadOnlyList<GgufName> Block)
{
    private static readonly GgufName[] RotaryOutside = [new("model.embed_tokens", "token_embd"), new("model.norm", "output_norm"), new("lm_head", "output")];

    private static readonly GgufName[] RotaryBlock =
    [
        new("input_layernorm", "attn_norm"), new("self_attn.q_proj", "attn_q"), new("self_attn.k_proj", "attn_k"), new("self_attn.v_proj", "attn_v"),
        new("self_attn.o_proj", "attn_output"), new("post_attention_layernorm", "ffn_norm"), new("mlp.gate_proj", "ffn_gate"), new("mlp.up_proj", "ffn_up"), new("mlp.down_proj", "ffn_down"),
    ];

    private static readonly GgufFamily Llama = new("llama", "model.layers.", RotaryOutside, [.. RotaryBlock.Select(name => name.Theirs switch
    {
        "attn_q" => name with { Change = GgufChange.InterleaveQueries },
        "attn_k" => name with { Change = GgufChange.InterleaveKeys },
        _ => name,
    })]);

    private static readonly Dictionary<string, GgufFamily> ByType = new()
    {
        ["llama"] = Llama,
        ["mistral"] = Llama,
        ["qwen2"] = new("qwen2", "model.layers.", RotaryOutside, RotaryBlock),
        ["qwen3"] = new("qwen3", "model.layers.", RotaryOutside, [.. RotaryBlock, new("self_attn.q_norm", "attn_q_norm"), new("self_attn.k_norm", "attn_k_norm")]),
        ["gemma2"] = new("gemma2", "model.layers.", [RotaryOutside[0], RotaryOutside[1] with { Change = GgufChange.PlusOne }],
        [
            .. RotaryBlock.Where(name => !name.Ours.Contains("norm", StringComparison.Ordinal)).Select(name => name.Theirs == "attn_q" ? name with { Change = GgufChange.ScaleQueries } : name),
            new("input_layernorm", "attn_norm", GgufChange.PlusOne),
            new("post_attention_layernorm", "post_attention_norm", GgufChange.PlusOne), new("pre_feedforward_layernorm", "ffn_norm", GgufChange.PlusOne),
            new("post_feedforward_layernorm", "post_ffw_norm", GgufChange.PlusOne),
        ]),
        ["gpt2"] = new("gpt2", "transformer.h.", [new("transformer.wte", "token_embd"), new("transformer.wpe", "position_embd"), new("transformer.ln_f", "output_norm"), new("lm_head", "output")],
        [
            new("ln_1", "attn_norm"), new("attn.c_attn", "attn_qkv", GgufChange.Transpose), new("attn.c_proj", "attn_output", GgufChange.Transpose),
            new("ln_2", "ffn_norm"), new("mlp.c_fc", "ffn_up", GgufChange.Transpose), new("mlp.c_proj", "ffn_down", GgufChange.Transpose),
        ]),
    };

    /// <summary>The family of a model.</summary>
    /// <exception cref="TemperException">Code <c>gguf_unsupported</c>.</exception>
    public static GgufFamily Of(string modelType) => ByType.GetValueOrDefault(modelType)
        ?? throw new TemperException("gguf_unsupported", $"Writing GGUF: models of type '{modelType}' are not written; there are {string.Join(", ", ByType.Keys)}.");

    /// <summary>Both names of a module (a weight's name without <c>.weight</c> or <c>.bias</c>), and the change; null when the family has no such module.</summary>
    public GgufName? Find(string module)
    {
        if (Outside.FirstOrDefault(name => name.Ours == module) is { } outside) return outside;
        if (!module.StartsWith(BlockPrefix, StringComparison.Ordinal)) return null;
        var rest = module[BlockPrefix.Length..];
        var dot = rest.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || !int.TryParse(rest[..dot], out var block)) return null;
        return Block.FirstOrDefault(name => name.Ours == rest[(dot + 1)..]) is { } inside ? inside with { Ours = module, Theirs = $"blk.{block}.{inside.Theirs}" } : null;
    }
}
