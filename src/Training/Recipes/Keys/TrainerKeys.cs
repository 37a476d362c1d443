using static Temper.Training.Recipes.Keys.ForeignKey;
using static Temper.Training.Recipes.Keys.ForeignValue;

namespace Temper.Training.Recipes.Keys;

/// <summary>Names of Hugging Face's trainers that both tools pass on, and of OpenAI's jobs. They may stand at the root or in <c>training</c>.</summary>
internal static class TrainerKeys
{
    private const string OneProcess = "one process trains";

    public static readonly ForeignKey[] All =
    [
        Word("data.assistant_only_loss", "true: `train_on: assistant`", "Write `train_on`.", ("true", Of(("data.train_on", "assistant"))), ("false", ForeignValue.Nothing)),
        Word("data.completion_only_loss", "true: `train_on: completion`; false: `train_on: all`", "Write `train_on`.", ("true", Of(("data.train_on", "completion"))), ("false", Of(("data.train_on", "all")))),
        Off("lora.lora_bias", "biases are not trained", "Remove it.", "none", "false"),
        Off("lora.bias", "biases are not trained", "Set it to none.", "none"),
        Off("lora.task_type", "the task says it", "Remove it.", "CAUSAL_LM", "SEQ_CLS", "FEATURE_EXTRACTION"),
        ForeignKey.Nothing("quantization.bnb_4bit_compute_dtype", "computed in f32"),
        Off("quantization.llm_int8_threshold", "int8 is of weights only", "Remove it."),
        Off("training.fp16", "half precision needs loss scaling and gains nothing here", "Set it to false.", "false", "auto"),
        Off("training.float16", "see fp16", "Set it to false.", "false"),
        ForeignKey.Nothing("training.tf32", "sums are f32"),
        Off("training.pure_bf16", "sums, adapters and optimizer are f32", "Set it to false, and write `bf16: true` with `lora`.", "false"),
        Off("training.report_to", "metrics are kept in the registry", "Set it to none; `temper jobs` and the dashboard show them.", "none", "[none]", "all"),
        Off("training.push_to_hub", "results go to the registry", "Set it to false; `temper export` writes files for elsewhere.", "false"),
        Off("training.group_by_length", "batches are drawn by chance", "Set it to false.", "false"),
        Off("training.learning_rate_multiplier", "of OpenAI's jobs", "Write `learning_rate`."),
        Off("training.optim_target_modules", "not built", "Remove it."),
        Off("training.include_for_metrics", "not built", "Remove it."),
        Off("training.auto_find_batch_size", "the batch is what is written", "Set it to false; `temper estimate` names what fits.", "false"),
        Off("training.torch_empty_cache_steps", "nothing to empty", "Remove it."),
        ForeignKey.Nothing("training.torch_compile", "kernels are compiled at build time"),
        ForeignKey.Nothing("training.torchdistx_path", OneProcess),
        ForeignKey.Nothing("training.deepspeed", OneProcess),
        ForeignKey.Nothing("training.fsdp", OneProcess),
        ForeignKey.Nothing("training.fsdp_config", OneProcess),
        ForeignKey.Nothing("training.local_rank", OneProcess),
        ForeignKey.Nothing("training.ddp_timeout", OneProcess),
        ForeignKey.Nothing("training.ddp_find_unused_parameters", OneProcess),
        ForeignKey.Nothing("training.ddp_bucket_cap_mb", OneProcess),
        ForeignKey.Nothing("training.ddp_broadcast_buffers", OneProcess),
        ForeignKey.Nothing("training.dataloader_num_workers", "batches are prepared ahead: `prefetch`"),
        ForeignKey.Nothing("training.dataloader_pin_memory", "batches are prepared ahead: `prefetch`"),
        ForeignKey.Nothing("training.dataloader_prefetch_factor", "batches are prepared ahead: `prefetch`"),
        ForeignKey.Nothing("training.remove_unused_columns", "a dataset has no columns that nobody reads"),
        ForeignKey.Nothing("training.gradient_checkpointing_kwargs", "recomputing gives the same bits, in one way"),
        ForeignKey.Nothing("training.save_safetensors", "weights are always safetensors"),
        ForeignKey.Nothing("training.save_only_model", "a checkpoint holds all that exact resume needs"),
        ForeignKey.Nothing("training.overwrite_output_dir", "every run is a new version"),
        ForeignKey.Nothing("training.run_name", "a job has an id"),
        ForeignKey.Nothing("training.logging_dir", "logs are kept in the registry"),
        ForeignKey.Nothing("training.logging_strategy", "metrics are kept for every step"),
        ForeignKey.Nothing("training.disable_tqdm", "says nothing about what is learned"),
        ForeignKey.Nothing("training.hub_token", "nothing is sent anywhere"),
    ];
}
