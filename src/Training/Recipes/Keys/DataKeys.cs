using Temper.Models;
using Temper.Training.Sampling;
using static Temper.Training.Recipes.Keys.RecipeKey;

namespace Temper.Training.Recipes.Keys;

/// <summary>Settings of <c>data</c>.</summary>
internal static class DataKeys
{
    public static readonly RecipeKey[] All =
    [
        new("data.train", KeyKind.Dataset, "the job's", "A dataset's reference, or a list of references and of maps with settings ([mixing](mixing.md))") { Aliases = ["dataset", "datasets"] },
        new("data.validation", KeyKind.Text, "0", "Held-out records: a share below 1, a number of records, or the reference of another dataset") { Aliases = ["val_set_size", "val_size", "test_datasets", "eval_dataset"] },
        Text("data.validation_dataset", "null", "The same as `validation: NAME`: the resolved recipe writes it so"),
        Word<DataFormat>("data.format", "auto", "Shape that every record must have"),
        Text("data.chat_template", "model", $"model: the one that the base carries; {string.Join(", ", BuiltInTemplates.Names)}; a file that ends in .jinja; or the template itself. The result keeps it", "chat_template_jinja"),
        Word<TrainOn>("data.train_on", "auto", "Which tokens are labels; auto: assistant turns of chats, completions of pairs, all of a text"),
        Whole("data.max_length", 8, int.MaxValue, "1024", "Longest example in tokens", "sequence_len", "cutoff_len", "max_seq_len", "max_seq_length"),
        Word<OverlengthPolicy>("data.on_overlength", "error_if_answer_lost", "What happens to a longer example", "excess_length_strategy"),
        Flag("data.packing", "Short examples share a block of max_length tokens, none seeing another", "sample_packing", "neat_packing"),
        Word<MixStrategy>("data.sampling", "auto_weighting", "How the dataset of the next example is chosen", "data_backend_sampling"),
        Number("data.sampling_alpha", "[0, 1]", "0.5", "Exponent of the strategy temperature"),
        Word<StopOn>("data.stop_on", "all_exhausted", "When an epoch of several datasets ends"),
        Word<Remainder>("data.remainder", "short", "What becomes of items that fill no batch at the end of an epoch; carry with buckets"),
        Word<RuntimeErrorPolicy>("data.on_runtime_error", "fail", "What happens when a record cannot be read while batches are prepared"),
        Whole("data.prefetch", 1, 1000, "10", "Batches that are prepared ahead", "dataloader_prefetch_qlen"),
    ];
}
