namespace Temper.Training.Recipes.Keys;

/// <summary>Other spellings of a setting's value.</summary>
internal static class ValueNames
{
    private const string Memory = "is the plain optimizer here: paging and 8 bits save memory of a graphics card and change nothing that is meant.";

    private static readonly Dictionary<string, (string Value, string? Note)> Names = new(StringComparer.OrdinalIgnoreCase);

    static ValueNames()
    {
        Add("training.optim", "adamw", null, "adamw_torch", "adamw_torch_fused", "adamw_hf", "adamw_apex_fused", "adamw_torch_xla");
        Add("training.optim", "adamw", Memory, "adamw_8bit", "adamw_bnb_8bit", "paged_adamw", "paged_adamw_8bit", "paged_adamw_32bit");
        Add("training.optim", "lion", Memory, "lion_8bit", "lion_32bit", "paged_lion", "paged_lion_8bit", "paged_lion_32bit");
        Add("training.lr_scheduler_type", "wsd", null, "warmup_stable_decay");
        Add("training.lr_scheduler_type", "cosine", null, "cosine_with_warmup");
        Add("training.bf16", "false", "auto: weights stay f32. Write `bf16: true` to keep those that are not trained in bf16.", "auto");
        Add("training.gradient_checkpointing", "true", null, "unsloth", "offload");
        Add("training.max_steps", "", null, "-1");
        Add("data.chat_template", "model", null, "tokenizer_default");
        Add("data.chat_template", "qwen", null, "qwen2", "qwen_25");
        Add("data.chat_template", "phi3", null, "phi", "phi_3");
        Add("data.chat_template", "llama3", null, "llama-3");
        Add("quantization.bnb_4bit_quant_type", "nf4", null, "NF4");
        Add("export.gguf", "f32", null, "F32");
        Add("export.gguf", "f16", null, "F16");
        Add("export.gguf", "bf16", null, "BF16");
        Add("export.gguf", "q8_0", null, "Q8_0");
    }

    /// <summary>The value as the setting names it, and what is worth telling.</summary>
    public static (RecipeNode Value, string? Note) Read(string setting, RecipeNode value) =>
        value is RecipeNode.Scalar { IsNull: false } s && Names.TryGetValue($"{setting}={s.Text}", out var name) && name.Value != s.Text
            ? (s with { Text = name.Value, Quoted = false }, name.Note is null ? null : name.Note.Contains(s.Text, StringComparison.Ordinal) ? name.Note : $"{s.Text} {name.Note}")
            : (value, null);

    /// <summary>All other spellings of the values of a setting.</summary>
    public static IEnumerable<string> Of(string setting) => Names.Keys.Where(k => k.StartsWith(setting + "=", StringComparison.Ordinal)).Select(k => k[(setting.Length + 1)..]);

    private static void Add(string setting, string value, string? note, params string[] names)
    {
        foreach (var name in names)
            Names[$"{setting}={name}"] = (value, note);
    }
}
