using System.Globalization;
using static Temper.Training.Recipes.Keys.ForeignKey;
using static Temper.Training.Recipes.Keys.ForeignValue;

namespace Temper.Training.Recipes.Keys;

/// <summary>Names of Axolotl's files.</summary>
internal static class AxolotlKeys
{
    private const string Exact = "attention is computed exactly, in one way";
    private const string Found = "the folder of the model says it";

    public static readonly ForeignKey[] All =
    [
        new("adapter", "lora or qlora: a `lora` section, with qlora also `load_in_4bit`", "Write a `lora:` section, or remove all settings of it for full fine-tuning.", Adapter),
        new("rl", "dpo, ipo and orpo: the task", "Write `task: dpo` or `task: orpo`; others are not built.", (value, _) => value.Shown switch
        {
            "null" or "false" => ForeignValue.Nothing,
            "dpo" => Of(("task", "dpo")),
            "ipo" => Of(("task", "dpo"), ("training.loss_type", "ipo")),
            "orpo" => Of(("task", "orpo")),
            _ => null,
        }),
        Word("lora.lora_target_linear", "true: `target_modules: all-linear`", "Write `target_modules`.", ("true", Of(("lora.target_modules", "all-linear"))), ("false", ForeignValue.Nothing)),
        Word("data.train_on_inputs", "true: `train_on: all`", "Write `train_on`.", ("true", Of(("data.train_on", "all"))), ("false", ForeignValue.Nothing)),
        Word("training.load_in_fp8", "refused", "Remove it.", ("false", ForeignValue.Nothing)),
        new("evals_per_epoch", "1: `eval_strategy: epoch`; more: a share of all steps", "Write `eval_strategy` and `eval_steps`.", (value, root) => PerEpoch(value, root, "eval")),
        new("saves_per_epoch", "1: `save_strategy: epoch`; more: a share of all steps", "Write `save_strategy` and `save_steps`.", (value, root) => PerEpoch(value, root, "save")),
        new("special_tokens", "a pad token changes nothing: padding is masked by position; others are refused", "Put other tokens into the base's tokenizer before importing it.", SpecialTokens),
        Off("tokens", "no tokens can be added", "Remove it: the vocabulary does not grow."),
        Off("lora_model_dir", "training goes on from whole models only", "Merge the adapter first: `temper merge`."),
        Off("peft", "settings of its own are refused", "Write them below `lora:`."),
        Off("gptq", "quantised bases are made here", "Write `load_in_4bit: true`.", "false"),
        Off("relora_steps", "not built", "Remove it."),
        Off("unfrozen_parameters", "not built", "Remove it; write `lora: {modules_to_save: […]}` for whole modules."),
        Off("streaming", "all of a dataset is read before training", "Remove it.", "false"),
        Off("pretraining_dataset", "not read", "Write `task: pretrain` and `data: {train: NAME}`."),
        Off("shuffle_merged_datasets", "data is always shuffled", "Remove it.", "true"),
        Off("dataset_exact_deduplication", "uploading removes copies by the dataset's configuration", "Say so in the dataset's configuration.", "false"),
        Off("roles_to_train", "`train_on` says it", "Write `train_on`; weights of single messages are read, too.", "[assistant]"),
        Off("train_on_eos", "the token that ends a turn is a label of the turn", "Remove it.", "turn", "last"),
        Off("default_system_message", "records are trained as they are", "Put it into the records."),
        Off("wandb_project", "metrics are kept in the registry", "Remove it; `temper jobs` and the dashboard show them."),
        Off("wandb_entity", "see wandb_project", "Remove it."),
        Off("wandb_watch", "see wandb_project", "Remove it."),
        Off("wandb_name", "see wandb_project", "Remove it."),
        Off("wandb_run_id", "see wandb_project", "Remove it."),
        Off("wandb_log_model", "see wandb_project", "Remove it."),
        Off("wandb_mode", "see wandb_project", "Remove it.", "disabled", "offline"),
        Off("use_wandb", "see wandb_project", "Remove it.", "false"),
        Off("mlflow_tracking_uri", "see wandb_project", "Remove it."),
        Off("mlflow_experiment_name", "see wandb_project", "Remove it."),
        Off("use_mlflow", "see wandb_project", "Remove it.", "false"),
        Off("use_comet", "see wandb_project", "Remove it.", "false"),
        Off("use_tensorboard", "see wandb_project", "Remove it.", "false"),
        Off("hub_model_id", "results go to the registry", "Remove it; `temper export` writes files for elsewhere."),
        Off("hub_strategy", "see hub_model_id", "Remove it."),
        Off("plugins", "plug-ins belong to a worker, not to a recipe", "Remove it.", "[]"),
        Off("liger_kernel", "not built", "Remove it.", "false"),
        Off("s2_attention", "not built", "Remove it.", "false"),
        Off("cosine_constant_lr_ratio", "not built", "Write `lr_scheduler_type: wsd`."),
        Off("lr_quadratic_warmup", "warm-up is a line", "Remove it.", "false"),
        Off("lora_fan_in_fan_out", Found, "Remove it.", "false", "true"),
        Off("loss_watchdog_threshold", "see `on_spike`", "Remove it."),
        Off("loss_watchdog_patience", "see `on_spike`", "Remove it."),
        Off("strict", "loading is always strict", "Remove it.", "false", "true"),
        Nothing("lora_on_cpu", "all is computed where the worker's engine is"),
        Nothing("model_type", Found),
        Nothing("tokenizer_type", Found),
        Nothing("tokenizer_use_fast", "there is one tokenizer, held equal to the fast ones"),
        Nothing("tokenizer_legacy", Found),
        Nothing("is_llama_derived_model", Found),
        Nothing("is_mistral_derived_model", Found),
        Nothing("is_falcon_derived_model", Found),
        Nothing("is_qwen_derived_model", Found),
        Nothing("trust_remote_code", "no code of a model is ever run"),
        Nothing("flash_attention", Exact),
        Nothing("sdp_attention", Exact),
        Nothing("xformers_attention", Exact),
        Nothing("flash_optimum", Exact),
        Nothing("flash_attn_cross_entropy", Exact),
        Nothing("flash_attn_rms_norm", Exact),
        Nothing("flash_attn_fuse_qkv", Exact),
        Nothing("flash_attn_fuse_mlp", Exact),
        Nothing("pad_to_sequence_len", "lengths are never padded"),
        Nothing("pad_to_multiple_of", "lengths are never padded"),
        Nothing("eval_sample_packing", "measurements do not depend on packing"),
        Nothing("eval_table_size", "examples are shown by `temper preflight`"),
        Nothing("eval_max_new_tokens", "measurements write no text"),
        Nothing("dataset_prepared_path", "tokens are kept beside the dataset"),
        Nothing("dataset_processes", "all cores are used"),
        Nothing("dataset_keep_in_memory", "all of a dataset is read before training"),
        Nothing("total_num_tokens", "counted exactly"),
        Nothing("sample_packing_eff_est", "counted exactly"),
        Nothing("sample_packing_group_size", "blocks are filled among all examples"),
        Nothing("sample_packing_bin_size", "blocks are filled among all examples"),
        Nothing("auto_resume_from_checkpoints", "a job always goes on from its own newest checkpoint"),
        Nothing("debug", "says nothing about what is learned"),
        Nothing("device_map", "one engine computes all"),
        Nothing("gpu_memory_limit", "write `limits: {memory_gib: …}`"),
        Nothing("low_cpu_mem_usage", "weights are mapped"),
        Nothing("logging_first_step", "metrics are kept for every step"),
        Nothing("embeddings_skip_upcast", "sums are always f32"),
    ];

    private static ForeignValue? Adapter(RecipeNode value, RecipeNode.Map root) => value.Shown switch
    {
        "lora" => Of(("lora", "")),
        "qlora" => Of(("lora", ""), ("quantization.load_in_4bit", "true")),
        "null" or "none" => root.Entries.Any(e => RecipeKeys.Resolve(e.Key) is { } setting && setting.StartsWith("lora.", StringComparison.Ordinal) && !IsEmpty(e.Value)) ? null : ForeignValue.Nothing,
        _ => null,
    };

    private static ForeignValue? PerEpoch(RecipeNode value, RecipeNode.Map root, string what)
    {
        if (IsEmpty(value))
            return ForeignValue.Nothing;
        if (!int.TryParse(value.Shown, NumberStyles.None, CultureInfo.InvariantCulture, out var times))
            return null;
        if (times is 0 or 1)
            return Of(($"training.{what}_strategy", times == 0 ? "no" : "epoch"));
        var epochs = root.Entries.FirstOrDefault(e => e.Key is "num_epochs" or "num_train_epochs")?.Value.Shown ?? "3";
        if (!double.TryParse(epochs, NumberStyles.Float, CultureInfo.InvariantCulture, out var passes) || passes <= 0)
            return null;
        return Of(($"training.{what}_strategy", "steps"), ($"training.{what}_steps", (1 / (times * passes)).ToString("R", CultureInfo.InvariantCulture)));
    }

    private static ForeignValue? SpecialTokens(RecipeNode value, RecipeNode.Map root) => value switch
    {
        _ when IsEmpty(value) => ForeignValue.Nothing,
        RecipeNode.Map map => map.Entries.All(e => e.Key == "pad_token" || IsEmpty(e.Value)) ? ForeignValue.Nothing : null,
        _ => null,
    };
}
