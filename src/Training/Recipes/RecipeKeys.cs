namespace Temper.Training.Recipes;

/// <summary>Every name that a recipe may use: settings, their other spellings, and names that are known but not built.</summary>
internal static class RecipeKeys
{
    /// <summary>Sections: maps whose settings are written <c>section.name</c>.</summary>
    public static readonly string[] Sections = ["data", "lora", "training", "limits"];

    /// <summary>All settings, by path.</summary>
    public static readonly string[] Settings =
    [
        "version", "model_name_or_path", "task", "seed", "output",
        "data.train", "data.validation", "data.format", "data.chat_template", "data.train_on", "data.max_length", "data.on_overlength", "data.packing",
        "data.sampling", "data.sampling_alpha", "data.stop_on", "data.remainder", "data.on_runtime_error", "data.prefetch",
        "lora.r", "lora.lora_alpha", "lora.lora_dropout", "lora.target_modules", "lora.use_rslora",
        "training.learning_rate", "training.num_train_epochs", "training.max_steps", "training.per_device_train_batch_size",
        "training.per_device_eval_batch_size", "training.gradient_accumulation_steps", "training.lr_scheduler_type", "training.warmup_ratio",
        "training.warmup_steps", "training.weight_decay", "training.adam_beta1", "training.adam_beta2", "training.adam_epsilon",
        "training.max_grad_norm", "training.gradient_checkpointing", "training.bf16", "training.eval_strategy", "training.eval_steps", "training.save_strategy",
        "training.save_steps", "training.save_total_limit", "training.logging_steps", "training.on_nan",
        "limits.memory_gib", "limits.max_duration",
    ];

    /// <summary>Other spellings (Axolotl, LLaMA-Factory, OpenAI) of a setting, at the root or in its section.</summary>
    public static readonly Dictionary<string, string> Aliases = new(StringComparer.Ordinal)
    {
        ["base_model"] = "model_name_or_path",
        ["name_or_path"] = "model_name_or_path",
        ["model"] = "model_name_or_path",
        ["name"] = "output",
        ["output_name"] = "output",
        ["dataset"] = "data.train",
        ["datasets"] = "data.train",
        ["data_backend_sampling"] = "data.sampling",
        ["dataloader_prefetch_qlen"] = "data.prefetch",
        ["val_set_size"] = "data.validation",
        ["val_size"] = "data.validation",
        ["sequence_len"] = "data.max_length",
        ["cutoff_len"] = "data.max_length",
        ["max_seq_len"] = "data.max_length",
        ["max_seq_length"] = "data.max_length",
        ["excess_length_strategy"] = "data.on_overlength",
        ["sample_packing"] = "data.packing",
        ["neat_packing"] = "data.packing",
        ["lora_r"] = "lora.r",
        ["lora_rank"] = "lora.r",
        ["lora_target"] = "lora.target_modules",
        ["lora_target_modules"] = "lora.target_modules",
        ["peft_use_rslora"] = "lora.use_rslora",
        ["micro_batch_size"] = "training.per_device_train_batch_size",
        ["eval_batch_size"] = "training.per_device_eval_batch_size",
        ["num_epochs"] = "training.num_train_epochs",
        ["n_epochs"] = "training.num_train_epochs",
        ["lr_scheduler"] = "training.lr_scheduler_type",
        ["adam_eps"] = "training.adam_epsilon",
    };

    /// <summary>Names of other tools, or of what is planned, that are not built: refused by name unless they stand at a value that switches them off.</summary>
    public static readonly Dictionary<string, Unbuilt> NotYet = new(StringComparer.Ordinal)
    {
        ["output_dir"] = new([], "Results go to the registry: name the model with `output`."),
        ["quantization"] = new(["null"], "Remove it; the base model is trained in f32."),
        ["resume_from_checkpoint"] = new(["auto", "true"], "Remove it; a job always resumes from its own newest checkpoint."),
        ["export"] = new(["null"], "Remove it; the result is an adapter (or a whole model without lora)."),
        ["adapter"] = new(["null"], "Write a `lora:` section, or none for full fine-tuning."),
        ["finetuning_type"] = new(["full"], "Write a `lora:` section, or none for full fine-tuning."),
        ["stage"] = new(["sft"], "Only supervised fine-tuning is built."),
        ["load_in_4bit"] = new(["false"], "Remove it; the base model is trained in f32."),
        ["load_in_8bit"] = new(["false"], "Remove it; the base model is trained in f32."),
        ["data.assistant_only_loss"] = new([], "Write `train_on: assistant`."),
        ["data.completion_only_loss"] = new([], "Write `train_on: completion`."),
        ["data.train_on_inputs"] = new(["false"], "Write `train_on: all`."),
        ["lora.use_dora"] = new(["false"], "Set it to false."),
        ["lora.peft_use_dora"] = new(["false"], "Set it to false."),
        ["lora.modules_to_save"] = new(["null", "[]"], "Remove it; only LoRA weights are trained."),
        ["lora.rank_pattern"] = new(["null", "{}"], "Remove it; every target has rank r."),
        ["lora.alpha_pattern"] = new(["null", "{}"], "Remove it; every target has the same alpha."),
        ["lora.lora_target_linear"] = new(["false"], "Write `target_modules: all-linear`."),
        ["lora.bias"] = new(["none"], "Set it to none."),
        ["training.optim"] = new(["adamw", "adamw_torch", "adamw_torch_fused"], "Write `optim: adamw`."),
        ["training.optimizer"] = new(["adamw", "adamw_torch", "adamw_torch_fused"], "Write `optim: adamw`."),
        ["training.fp16"] = new(["false"], "Set it to false; half precision needs loss scaling and gains nothing here."),
        ["training.neftune_noise_alpha"] = new(["null", "0"], "Remove it."),
        ["training.load_best_model_at_end"] = new(["false"], "Set it to false; the last step is the result."),
        ["training.metric_for_best_model"] = new(["null"], "Remove it; the last step is the result."),
        ["training.greater_is_better"] = new(["null"], "Remove it; the last step is the result."),
        ["training.early_stopping_patience"] = new(["null", "0"], "Remove it; choose the number of steps."),
        ["training.early_stopping_threshold"] = new(["null", "0"], "Remove it; choose the number of steps."),
        ["training.label_smoothing_factor"] = new(["0", "0.0"], "Remove it."),
        ["training.loraplus_lr_ratio"] = new(["null", "1"], "Remove it."),
        ["training.dataloader_drop_last"] = new(["false"], "Set it to false; a short last batch is normalised correctly."),
        ["training.on_spike"] = new(["null", "warn"], "Remove it."),
        ["training.learning_rate_multiplier"] = new([], "Write `learning_rate`."),
        ["training.beta"] = new([], "Preference optimisation is not built."),
        ["limits.max_cost"] = new(["null"], "Set `max_duration` instead."),
    };

    private static readonly Dictionary<string, string> ByLeaf = Settings.Where(s => s.Contains('.', StringComparison.Ordinal)).ToDictionary(s => s[(s.IndexOf('.', StringComparison.Ordinal) + 1)..]);

    /// <summary>The setting that a written path means, or null. Settings of a section may stand at the root, as in other tools' files.</summary>
    public static string? Resolve(string written)
    {
        if (Settings.Contains(written))
            return written;
        var cut = written.IndexOf('.', StringComparison.Ordinal);
        var (section, leaf) = (cut < 0 ? "" : written[..cut], written[(cut + 1)..]);
        if (Aliases.TryGetValue(leaf, out var setting) || (cut < 0 && ByLeaf.TryGetValue(leaf, out setting)))
            return section is "" or "model" || setting.StartsWith(section + ".", StringComparison.Ordinal) ? setting : null;
        return null;
    }

    /// <summary>What stands in the list of unbuilt names for a written path, or null.</summary>
    public static Unbuilt? FindUnbuilt(string written)
    {
        if (NotYet.TryGetValue(written, out var entry))
            return entry;
        return written.Contains('.', StringComparison.Ordinal) ? null : Sections.Select(s => NotYet.GetValueOrDefault($"{s}.{written}")).FirstOrDefault(e => e is not null);
    }

    /// <summary>Up to three known names near a written one, nearest first.</summary>
    public static IEnumerable<string> Near(string written)
    {
        var leaf = written[(written.LastIndexOf('.') + 1)..];
        return Settings.Concat(Aliases.Keys).Concat(NotYet.Keys)
            .Select(name => (Name: name, Distance: Distance(leaf, name[(name.LastIndexOf('.') + 1)..])))
            .Where(x => x.Distance <= Math.Max(2, leaf.Length / 3))
            .OrderBy(x => x.Distance).ThenBy(x => x.Name, StringComparer.Ordinal).Take(3).Select(x => x.Name);
    }

    /// <summary>Edits (insert, delete, replace, swap of neighbours) that turn one word into the other.</summary>
    private static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
            for (var j = 1; j <= b.Length; j++)
            {
                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        return d[a.Length, b.Length];
    }
}

/// <summary>A name that is known and not built.</summary>
/// <param name="Off">Values under which it does nothing and may stay.</param>
/// <param name="Remedy">What to write instead.</param>
internal sealed record Unbuilt(string[] Off, string Remedy);
