using static Temper.Training.Recipes.Keys.RecipeKey;

namespace Temper.Training.Recipes.Keys;

/// <summary>Settings outside of the large sections.</summary>
internal static class RootKeys
{
    public static readonly RecipeKey[] All =
    [
        Whole("version", 1, int.MaxValue, "1", "Format of the recipe"),
        Text("model_name_or_path", "the job's", "Reference of the model to train", "base_model", "name_or_path", "model"),
        Word<TrainingTask>("task", "causal_lm", "What is learned"),
        Whole("seed", 0, int.MaxValue, "42", "Seed of all randomness: order, dropout, noise, initialisation, split"),
        Text("output", "the job's", "Model that gets the new version", "name", "output_name", "output_model_name"),
        Text("resume_from_checkpoint", "auto", "auto or true: an interrupted job goes on from its own newest checkpoint; false: it begins again; a job's id or job:ID/step-N: a new job goes on from that one's checkpoint, on the same base, data and settings"),

        Flag("quantization.load_in_4bit", "Keep the base in 4 bits a weight (QLoRA, Dettmers et al. 2023); needs `lora`"),
        Flag("quantization.load_in_8bit", "Keep the base in 8 bits a weight, with a scale for every row; needs `lora`"),
        new("quantization.bnb_4bit_quant_type", KeyKind.Word, "nf4", "The 16 values that 4 bits stand for") { Words = ["nf4", "fp4"] },
        Flag("quantization.bnb_4bit_use_double_quant", "Quantise the scales, too: 4.127 instead of 4.5 bits a weight", "double_quantization"),
        new("quantization.blocksize", KeyKind.Whole, "64", "Weights that share a scale: a power of two from 32 to 4096") { Range = new(32, true, 4096, true) },

        Flag("export.merged", "Publish the whole model beside the adapter, verified by reading it back"),
        new("export.gguf", KeyKind.Word, "null", "Publish a GGUF file for llama.cpp of this type") { Words = ["f32", "f16", "bf16", "q8_0"] },
        Flag("export.gguf_lora", "Publish the adapter as a GGUF file for llama.cpp"),

        Number("limits.memory_gib", "(0, inf)", "null", "Most memory of the engine in GiB; a run that is expected to need more is refused before it starts"),
        new("limits.max_duration", KeyKind.Duration, "null", "Longest time of training: 90s, 30m, 2h or 1.5d"),
        Number("limits.max_cost", "(0, inf)", "null", "Most that training may cost, in the currency of `cost_per_hour`"),
        Number("limits.cost_per_hour", "(0, inf)", "null", "What an hour of training costs; for estimates and `max_cost`"),
    ];
}
