using Temper.Training.Factories;
using static Temper.Training.Recipes.Keys.RecipeKey;

namespace Temper.Training.Recipes.Keys;

/// <summary>Settings of <c>training</c>.</summary>
internal static class TrainingKeys
{
    public static readonly RecipeKey[] All =
    [
        Number("training.learning_rate", "(0, 1]", "2e-4 with lora, 2e-5 without", "Peak learning rate"),
        Number("training.num_train_epochs", "(0, 1000]", "3", "Passes over the data; a part of a pass is allowed", "num_epochs", "n_epochs"),
        Whole("training.max_steps", 1, int.MaxValue, "null", "Optimizer steps, instead of num_train_epochs; -1 is null"),
        Whole("training.per_device_train_batch_size", 1, int.MaxValue, "4", "Examples (or packed blocks) in one micro-batch", "micro_batch_size"),
        Whole("training.per_device_eval_batch_size", 1, int.MaxValue, "4", "Examples in one pass of an evaluation", "eval_batch_size"),
        Whole("training.gradient_accumulation_steps", 1, (1 << 20) - 1, "1", "Micro-batches in one optimizer step"),
        Whole("training.data_parallel_size", 1, 64, "1", "Processes on one machine that share the micro-batches of an optimizer step; the result is the same bits", "dp_replicate_size"),
        Part("training.lr_scheduler_type", RunParts.BuiltIn.Schedules.Names, "cosine", "Shape of the learning rate over the run", "lr_scheduler"),
        Options("training.lr_scheduler_kwargs", "The schedule's own settings: `power` of polynomial, those of a plug-in's; num_cycles, min_lr, min_lr_rate and decay_share may stand here, too"),
        Number("training.num_cycles", "(0, 1000]", "0.5", "Periods of the cosine after warm-up"),
        Number("training.min_lr", "[0, 1]", "null", "Learning rate that cosine_with_min_lr ends at"),
        Number("training.min_lr_rate", "[0, 1]", "null", "The same as a share of the peak", "cosine_min_lr_ratio"),
        Number("training.decay_share", "(0, 1]", "0.2", "Share of all steps in which wsd falls to 0"),
        Number("training.warmup_ratio", "[0, 1]", "0.03, or 0 with warmup_steps", "Share of all steps that warm up"),
        Whole("training.warmup_steps", 0, int.MaxValue, "null", "Steps that warm up, instead of warmup_ratio"),
        Number("training.weight_decay", "[0, 1]", "0", "Decoupled weight decay; biases and norm weights have none"),
        Part("training.optim", RunParts.BuiltIn.Optimizers.Names, "adamw", "Optimizer; names of paged and 8-bit ones mean the plain one, which is said", "optimizer"),
        Options("training.optim_args", "The optimizer's own settings: `nesterov` of sgd, those of a plug-in's; as a map, or as a=1,b=2"),
        Number("training.adam_beta1", "[0, 1)", "0.9", "Decay of the first moment"),
        Number("training.adam_beta2", "[0, 1)", "0.999", "Decay of the second moment"),
        Number("training.adam_epsilon", "(0, 1]", "1e-8", "Added to the root of the second moment", "adam_eps"),
        Number("training.max_grad_norm", "[0, inf)", "1", "Gradients are scaled down to this norm; 0 never scales"),
        Flag("training.gradient_checkpointing", "Recompute activations in the backward pass: less memory, more time, the same bits"),
        Flag("training.bf16", "Keep weights that are not trained in bf16; needs `lora`", "bfloat16"),
        Number("training.neftune_noise_alpha", "[0, inf)", "null", "Noise on the embeddings (NEFTune, Jain et al. 2023); 0 is null", "noisy_embedding_alpha"),
        Number("training.label_smoothing_factor", "[0, 1)", "0", "Share of the target that is spread over all tokens or classes; in dpo the share of labels taken as swapped", "label_smoothing", "dpo_label_smoothing"),
        Flag("training.dataloader_drop_last", "Leave a last batch that is not full out of an epoch"),
        Word<Cadence>("training.eval_strategy", "no", "When the held-out records are measured", "evaluation_strategy"),
        Number("training.eval_steps", "(0, inf)", "logging_steps", "Steps between measurements; below 1 a share of all steps"),
        Word<Cadence>("training.save_strategy", "epoch", "When checkpoints are written"),
        Number("training.save_steps", "(0, inf)", "500 with strategy steps", "Steps between checkpoints; below 1 a share of all steps"),
        Whole("training.save_total_limit", 1, int.MaxValue, "2", "Checkpoints kept; the newest and the best always stay"),
        Whole("training.logging_steps", 1, int.MaxValue, "10", "Steps between lines of the log for people; metrics are kept for every step"),
        Flag("training.load_best_model_at_end", "The result is the checkpoint that measured best instead of the last one"),
        Text("training.metric_for_best_model", "eval_loss", "Which measure is meant by best"),
        Flag("training.greater_is_better", "Whether more of it is better") with { Default = "false for losses, else true" },
        Whole("training.early_stopping_patience", 0, int.MaxValue, "null", "Measurements without improvement after which training ends; 0 is null"),
        Number("training.early_stopping_threshold", "[0, inf)", "0", "Least improvement that counts"),
        Word<BadNumberPolicy>("training.on_nan", "fail", "What happens when loss or gradients are not numbers"),
        Word<SpikePolicy>("training.on_spike", "warn", "What happens when the loss leaves the last 128 by six deviations"),
        Whole("training.max_skipped_steps", 1, 1000, "3", "Updates dropped in a row that fail the run, with on_nan skip"),
        Number("training.beta", "(0, 2]", "0.1", "Strength of the preference in dpo and orpo", "dpo_beta", "rl_beta", "pref_beta", "orpo_alpha"),
        Part("training.loss_type", RunParts.BuiltIn.Losses.Names, "the task's", "Loss: nll or dft of tokens, sigmoid or ipo of dpo, cross_entropy or focal of classes; measurements stay cross-entropy", "dpo_loss_type"),
        Options("training.loss_kwargs", "The loss's own settings: `gamma` of focal, those of a plug-in's"),
        Part("training.head", RunParts.BuiltIn.Heads.Names, "linear", "Classification: what stands below the linear classifier; linear is nothing"),
        Flag("training.freeze_backbone", "Classification: only the head is trained"),
        Whole("training.unfreeze_at_epoch", 0, 1000, "null", "Epoch after which the backbone is trained, too; needs freeze_backbone"),
        Whole("training.unfreeze_last_layers", 1, 10_000, "null", "With freeze_backbone: blocks, from the last on, that are trained"),
        Number("training.layerwise_lr_decay", "(0, 1]", "null", "Classification: factor on the learning rate for each block below the last"),
        new("training.class_weights", KeyKind.Map, "null", "Classification: weight by label, or balanced") { Words = ["balanced"] },
        Flag("training.balance_classes", "Classification: the same as `class_weights: balanced`"),
        new("training.augment", KeyKind.Names, "null", "Image classification: crop, flip or both, drawn by counters") { Words = RecipeKey.WordsOf<Augmentation>() },
    ];
}
