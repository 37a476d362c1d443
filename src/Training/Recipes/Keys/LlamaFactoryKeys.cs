using static Temper.Training.Recipes.Keys.ForeignKey;
using static Temper.Training.Recipes.Keys.ForeignValue;

namespace Temper.Training.Recipes.Keys;

/// <summary>Names of LLaMA-Factory's files.</summary>
internal static class LlamaFactoryKeys
{
    /// <summary>Formats of theirs that give the text of one of ours. Others differ: by a system message that is always there, by a space, by what follows an answer.</summary>
    private static readonly Dictionary<string, string> Templates = new(StringComparer.Ordinal)
    {
        ["chatml"] = "chatml",
        ["yi"] = "chatml",
        ["llama3"] = "llama3",
        ["gemma"] = "gemma",
        ["gemma3"] = "gemma",
        ["phi"] = "phi3",
    };

    public static readonly ForeignKey[] All =
    [
        new("stage", "sft, pt and dpo: the task; with `pref_loss: orpo`, orpo", "Write `task`; rm, ppo and kto are not built.", (value, root) => value.Shown switch
        {
            "sft" or "null" => ForeignValue.Nothing,
            "pt" => Of(("task", "pretrain")),
            "dpo" => Of(("task", root.Entries.Any(e => e is { Key: "pref_loss", Value.Shown: "orpo" }) ? "orpo" : "dpo")),
            _ => null,
        }),
        new("finetuning_type", "lora: a `lora` section; full: none", "Write a `lora:` section, or none for full fine-tuning.", (value, root) => value.Shown switch
        {
            "lora" => Of(("lora", "")),
            "full" => root.Entries.Any(e => e.Key is "lora_rank" or "lora_target" or "lora_alpha" && !IsEmpty(e.Value)) ? null : ForeignValue.Nothing,
            _ => null,
        }),
        Word("pref_loss", "sigmoid and ipo: `loss_type`; orpo: the task", "Write `loss_type: sigmoid` or `ipo`, or `task: orpo`.",
            ("sigmoid", Of(("training.loss_type", "sigmoid"))), ("ipo", Of(("training.loss_type", "ipo"))), ("orpo", ForeignValue.Nothing)),
        new("lora_target", "all: `all-linear`; names with commas: a list", "Write `target_modules`.", (value, _) => value is RecipeNode.Scalar { IsNull: false } s
            ? new(("lora.target_modules", s.Text == "all" ? new RecipeNode.Scalar("all-linear", false, s.Line) : List(s)))
            : IsEmpty(value) ? ForeignValue.Nothing : new(("lora.target_modules", value))),
        new("quantization_bit", "4: `load_in_4bit`; 8: `load_in_8bit`", "Write `load_in_4bit` or `load_in_8bit`.", (value, _) => value.Shown switch
        {
            "null" => ForeignValue.Nothing,
            "4" => Of(("quantization.load_in_4bit", "true")),
            "8" => Of(("quantization.load_in_8bit", "true")),
            _ => null,
        }),
        Off("quantization_method", "bitsandbytes' arithmetic is built in", "Remove it.", "bnb", "bitsandbytes"),
        Word("data.train_on_prompt", "true: `train_on: all`", "Write `train_on`.", ("true", Of(("data.train_on", "all"))), ("false", ForeignValue.Nothing)),
        Word("data.mask_history", "true: `train_on: completion`", "Write `train_on`.", ("true", Of(("data.train_on", "completion"))), ("false", ForeignValue.Nothing)),
        new("template", $"{string.Join(", ", Templates.Select(t => $"{t.Key}: `chat_template: {t.Value}`"))}; of others the base's own chat template is used, which is said; nothing in pre-training", "Remove it, or import a base that carries the template.",
            Template),
        Word("disable_gradient_checkpointing", "true: `gradient_checkpointing: false`", "Write `gradient_checkpointing`.", ("true", Of(("training.gradient_checkpointing", "false"))), ("false", ForeignValue.Nothing)),
        Off("max_samples", "`max_num_samples` of a dataset", "Write `data: {train: [{dataset: NAME, max_num_samples: N}]}`."),
        Off("eval_num_beams", "measurements write no text", "Remove it."),
        Off("predict_with_generate", "measurements write no text", "Set it to false; `temper eval` generates.", "false"),
        Off("do_predict", "not part of training", "Set it to false.", "false"),
        Off("do_eval", "`eval_strategy` says it", "Set it to false, and write `eval_strategy`.", "false"),
        Off("do_train", "a recipe trains", "Remove it.", "true"),
        Off("adapter_name_or_path", "training goes on from whole models only", "Merge the adapter first: `temper merge`."),
        Off("ref_model", "the reference is the base without the adapter", "Remove it."),
        Off("reward_model", "not built", "Remove it."),
        Off("resize_vocab", "the vocabulary does not grow", "Remove it.", "false"),
        Off("new_special_tokens", "the vocabulary does not grow", "Remove it."),
        Off("rope_scaling", "positions are as the base has them", "Remove it.", "none"),
        Off("shift_attn", "not built", "Remove it.", "false"),
        Off("mixture_of_depths", "not built", "Remove it."),
        Off("use_galore", "not built", "Write `optim: adamw`.", "false"),
        Off("use_badam", "not built", "Write `optim: adamw`.", "false"),
        Off("use_apollo", "not built", "Write `optim: adamw`.", "false"),
        Off("use_muon", "not built", "Write `optim: adamw`.", "false"),
        Off("use_llama_pro", "not built", "Remove it.", "false"),
        Off("pissa_init", "not built", "Remove it.", "false"),
        Off("use_unsloth", "kernels of our own are used", "Remove it.", "false"),
        Off("freeze_trainable_layers", "`finetuning_type: freeze` is not built", "Write a `lora:` section."),
        Off("streaming_dataset", "all of a dataset is read before training", "Remove it.", "false"),
        Off("mix_strategy", "`data.sampling` and `data.stop_on`", "Write `data: {sampling: …, stop_on: …}`.", "concat"),
        Off("interleave_probs", "`probability` of each dataset", "Write `data: {train: [{dataset: NAME, probability: P}]}`."),
        Off("tokenized_path", "tokens are kept beside the dataset", "Remove it."),
        Off("include_tokens_per_second", "always measured", "Remove it.", "true", "false"),
        Off("include_num_input_tokens_seen", "always measured", "Remove it.", "true", "false", "all"),
        Off("compute_accuracy", "always measured", "Remove it.", "true", "false"),
        Nothing("dataset_dir", "datasets are in the registry"),
        Nothing("overwrite_cache", "tokens are kept by their tokenizer, template and options"),
        Nothing("preprocessing_num_workers", "all cores are used"),
        Nothing("preprocessing_batch_size", "says nothing about what is learned"),
        Nothing("plot_loss", "the dashboard shows it"),
        Nothing("flash_attn", "attention is computed exactly, in one way"),
        Nothing("enable_liger_kernel", "kernels of our own are used"),
        Nothing("upcast_layernorm", "norms are always f32"),
        Nothing("infer_backend", "not part of training"),
        Nothing("max_new_tokens", "not part of training"),
        Nothing("ignore_pad_token_for_loss", "padding is never a label"),
        Nothing("use_fast_tokenizer", "there is one tokenizer, held equal to the fast ones"),
        Nothing("cache_dir", "models come from the registry"),
    ];

    private static ForeignValue Template(RecipeNode value, RecipeNode.Map root) =>
        IsEmpty(value) || value.Shown is "default" or "empty" || root.Entries.Any(e => e is { Key: "stage", Value.Shown: "pt" }) ? ForeignValue.Nothing
        : Templates.TryGetValue(value.Shown, out var ours) ? Of(("data.chat_template", ours))
        : ForeignValue.Nothing with { Note = $"template {value.Shown}: the chat template that the base carries is used; compare with `temper preflight`." };

    public static RecipeNode List(RecipeNode.Scalar s)
    {
        var parts = s.Text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return parts.Length == 1 ? s : new RecipeNode.Items([.. parts.Select(p => new RecipeNode.Scalar(p, true, s.Line))], s.Line);
    }
}
