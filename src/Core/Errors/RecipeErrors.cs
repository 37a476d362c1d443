namespace Temper.Core.Errors;

/// <summary>Codes of recipes and training runs.</summary>
internal static class RecipeErrors
{
    public static readonly ErrorEntry[] Entries =
    [
        new("recipe_syntax", ErrorKind.Invalid, "The recipe is not readable as YAML or JSON, or repeats a key, or uses anchors or tags.", "Correct the named line."),
        new("unknown_key", ErrorKind.Invalid, "The recipe names a setting that does not exist.", "Use one of the names that the message suggests, or remove it."),
        new("alias_conflict", ErrorKind.Invalid, "One setting is written under two of its names.", "Keep one of the two."),
        new("wrong_type", ErrorKind.Invalid, "A setting has a value of another kind than it takes.", "Write a value of the kind that the message names."),
        new("out_of_range", ErrorKind.Invalid, "A setting has a value outside its range.", "Choose a value inside the range that the message names."),
        new("exclusive", ErrorKind.Invalid, "Two settings exclude each other.", "Keep one of the two."),
        new("requires", ErrorKind.Invalid, "A setting needs another one that is missing.", "Add the other setting, or switch this one off."),
        new("not_offered", ErrorKind.Invalid, "The setting is known and refused for good: it does not apply, or what it asks for is better had otherwise.", "The message says why, and what to write instead."),
        new("not_supported_yet", ErrorKind.Invalid, "The setting is known, but not built yet.", "Switch it off; the message says what works instead."),
        new("training_data_empty", ErrorKind.Invalid, "There is nothing to train on.", "Look at the dataset's quarantine: `temper datasets NAME --quarantine`."),
        new("data_wrong_format", ErrorKind.Invalid, "A record has another shape than the recipe's data.format.", "Write `format: auto`, or correct the records."),
        new("length_beyond_model", ErrorKind.Invalid, "max_length is more than the model can take.", "Lower max_length to the number in the message."),
        new("dataset_corrupt", ErrorKind.Integrity, "A file of a sealed dataset version is not what its manifest says.", "Upload the data again; the version is not used."),
        new("loss_not_finite", ErrorKind.Failed, "Loss or gradients stopped being numbers.", "Lower learning_rate, raise warm-up, or look at the examples that the message names."),
        new("checkpoint_corrupt", ErrorKind.Integrity, "A checkpoint's files are not what its list says.", "The one before it is used; nothing needs to be done."),
        new("resume_mismatch", ErrorKind.Refused, "A checkpoint was made with another base, dataset or setting than the run's; the message names each.", "Give what the message names its former value, or start a new job."),
        new("deadline_exceeded", ErrorKind.Failed, "Training took longer than limits.max_duration.", "Raise the limit, or train fewer steps."),
        new("budget_exceeded", ErrorKind.Failed, "Training costs more than limits.max_cost.", "Raise the limit, or train fewer steps."),
        new("too_few_examples", ErrorKind.Invalid, "A warning: there is too little to learn from.", "Upload more records."),
        new("data_duplicate", ErrorKind.Invalid, "A warning: examples are copies of others.", "Have them removed when the dataset is uploaded, or leave it: copies count more often."),
        new("data_leak", ErrorKind.Invalid, "A warning: held-out examples are trained on, too.", "Remove the copies, or hold out other records."),
        new("out_of_memory_expected", ErrorKind.Invalid, "The run needs more memory than limits.memory_gib.", "Lower the batch or max_length, switch gradient_checkpointing on, or raise the limit."),
        new("export_verification_failed", ErrorKind.Failed, "The files of the result do not give the answers of the model that was trained.", "Please report it: nothing was published."),
        new("trainer_crashed", ErrorKind.Failed, "The process of the job ended without a word, again and again.", "Look at the tail of its log in the message."),
        new("worker_process_lost", ErrorKind.Failed, "A process that shared a job's micro-batches ended, so the attempt ended with it; the job goes on from its newest checkpoint.", "Nothing, unless it happens again and again: then look at the last lines in the message."),
        new("replicas_differ", ErrorKind.Integrity, "The processes that share a job do not hold the same model, so no update was made from their gradients.", "Start the job again; if it happens again, set training.data_parallel_size to 1 and report it."),
        new("task_unknown", ErrorKind.Invalid, "No task of that name is built in or registered.", "Use one of the names in the message, or install the plug-in that brings it."),
        new("part_unknown", ErrorKind.Invalid, "No schedule, optimizer, loss or head of that name is built in or brought by a plug-in.", "Use one of the names in the message, or install the plug-in that brings it."),
        new("part_twice", ErrorKind.Invalid, "Two parts of one kind have the same name, so a recipe would not say which one it means.", "Disable one of the plug-ins: `temper plugins disable NAME`."),
        new("metric_unknown", ErrorKind.Invalid, "metric_for_best_model names a number that is not measured.", "Use one of the names in the message."),
        new("engine_unknown", ErrorKind.Invalid, "No engine of that name is registered.", "Use one of the names in the message, or install the plug-in that brings it."),
        new("engine_unavailable", ErrorKind.Environment, "The engine that a worker is to compute with cannot start there.", "Check the worker's device, its driver and the plug-in's libraries, or let it compute on the processor: Trainer:Engine=cpu."),
    ];
}
