using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Errors;
using Temper.Core.Plugins;

namespace Temper.Models;

/// <summary>The families there are. A new one is a row here and a golden file of its own (tests/reference/decoders.py), or comes with a plug-in.</summary>
public static class DecoderFamilies
{
    private static readonly Lock Changing = new();

    private static DecoderFamily[] all =
    [
        new()
        {
            ModelType = "gpt2",
            CausalClass = "GPT2LMHeadModel",
            BaseClass = "GPT2Model",
            Names = new()
            {
                Root = "transformer.",
                Embedding = "wte",
                Positions = "wpe",
                Blocks = "h",
                InputNorm = "ln_1",
                Fused = "attn.c_attn",
                Output = "attn.c_proj",
                FeedForwardNorm = "ln_2",
                Gate = null,
                Up = "mlp.c_fc",
                Down = "mlp.c_proj",
                FinalNorm = "ln_f",
            },
            Norm = NormKind.Layer,
            AttentionBias = BiasRule.Always,
            MlpBias = BiasRule.Always,
            Transposed = true,
            Activation = ("activation_function", "gelu_new"),
            MaxPositions = 1024,
            Tied = true,
            AdapterTargets = ["c_attn"],
        },
        new() { ModelType = "llama", CausalClass = "LlamaForCausalLM", BaseClass = "LlamaModel", AttentionBias = BiasRule.AsConfigured, MlpBias = BiasRule.AsConfigured },
        new() { ModelType = "mistral", CausalClass = "MistralForCausalLM", BaseClass = "MistralModel", Window = WindowRule.Every, KeyValueHeads = 8, MaxPositions = 131072 },
        new()
        {
            ModelType = "qwen2",
            CausalClass = "Qwen2ForCausalLM",
            BaseClass = "Qwen2Model",
            Window = WindowRule.FromLayer,
            AttentionBias = BiasRule.Always,
            OutputBias = false,
            KeyValueHeads = 32,
            MaxPositions = 32768,
        },
        new()
        {
            ModelType = "qwen3",
            CausalClass = "Qwen3ForCausalLM",
            BaseClass = "Qwen3Model",
            Names = new() { HeadNorms = ("self_attn.q_norm", "self_attn.k_norm") },
            Window = WindowRule.FromLayer,
            AttentionBias = BiasRule.AsConfigured,
            KeyValueHeads = 32,
            HeadSize = 128,
            MaxPositions = 32768,
        },
        new()
        {
            ModelType = "gemma2",
            CausalClass = "Gemma2ForCausalLM",
            BaseClass = "Gemma2Model",
            Names = new() { AttentionOutputNorm = "post_attention_layernorm", FeedForwardNorm = "pre_feedforward_layernorm", FeedForwardOutputNorm = "post_feedforward_layernorm" },
            Norm = NormKind.RmsPlusOne,
            Window = WindowRule.Even,
            AttentionBias = BiasRule.AsConfigured,
            ScaledEmbedding = true,
            Capped = true,
            Activation = ("hidden_activation", "gelu_pytorch_tanh"),
            KeyValueHeads = 4,
            HeadSize = 256,
            MaxPositions = 8192,
            Tied = true,
        },
    ];

    /// <summary>Their names, for messages.</summary>
    internal static string Names => string.Join(", ", all.Select(f => f.ModelType));

    /// <summary>The family of a <c>model_type</c>, or null.</summary>
    public static DecoderFamily? Find(string? modelType) => Array.Find(all, f => f.ModelType == modelType);

    /// <summary>Makes the families of plug-ins known to this process.</summary>
    public static void Register(IServiceProvider services)
    {
        foreach (var family in services.GetServices<DecoderFamily>())
            Register(family);
    }

    /// <summary>Makes a plug-in's family known to this process, before any model of it is opened.</summary>
    /// <exception cref="TemperException">Code <c>part_twice</c>: another family has its <c>model_type</c>.</exception>
    public static void Register(DecoderFamily family)
    {
        lock (Changing)
        {
            if (Find(family.ModelType) is { } known && known != family)
                throw PluginLoader.Twice("architecture", family.ModelType, known, family);
            all = [.. all.Where(f => f.ModelType != family.ModelType), family];
        }
    }
}
