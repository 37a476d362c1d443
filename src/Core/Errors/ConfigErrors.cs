namespace Temper.Core.Errors;

/// <summary>Codes of configurations of datasets beyond those of one value.</summary>
internal static class ConfigErrors
{
    public static readonly ErrorEntry[] Entries =
    [
        new("CFG_RECIPE_KEY", ErrorKind.Invalid, "The key says how a model is trained, not what the data is.", "Move it to the training recipe; the message names its key there."),
        new("CFG_MISPLACED_KEY", ErrorKind.Invalid, "The key exists, but not for a dataset of this type or backend.", "Remove it, or correct dataset_type or type."),
        new("CFG_IGNORED", ErrorKind.Invalid, "The key is known from SimpleTuner and does nothing here.", "Only a warning: remove it when the file is no longer used with SimpleTuner."),
        new("CFG_CONVERTED", ErrorKind.Invalid, "A value of an imported file had another type and was converted.", "Only a warning: check the value in the new file."),
        new("CFG_INCOMPATIBLE", ErrorKind.Invalid, "Two values of the configuration exclude each other.", "The message names both."),
        new("CFG_DUPLICATE_ID", ErrorKind.Invalid, "Two datasets have the same id.", "Give each dataset an id of its own."),
        new("CFG_UNKNOWN_DATASET", ErrorKind.Invalid, "A dataset refers to one that the configuration does not hold.", "Correct the id, or add the dataset."),
        new("CFG_CYCLE", ErrorKind.Invalid, "Datasets need each other in a circle, so none can be built first.", "Remove one of the references that the message lists."),
        new("CFG_SEVERAL_DEFAULTS", ErrorKind.Invalid, "More than one text store is marked as default.", "Keep default: true on one of them."),
        new("CFG_VAR_UNKNOWN", ErrorKind.Invalid, "A value names a variable that has no value.", "Use {id}, {model_family}, {output_dir}, {tenant}, {run_id}, {env:NAME} or a name under `variables`."),
        new("CFG_SECRET_IN_PLAIN_TEXT", ErrorKind.Invalid, "A secret stands in the configuration.", "Write {secretRef: NAME}, keep the secret in the host's store, and replace it where it was issued."),
        new("CFG_NOTHING_ACTIVE", ErrorKind.Invalid, "No dataset would be drawn from.", "Enable one, and let one begin at epoch 1, step 0."),
        new("CFG_PATH_MISSING", ErrorKind.Invalid, "A folder or file that the configuration names does not exist.", "Correct the path; it is taken from the configuration's own folder."),
        new("VIDEO_PROBE_UNAVAILABLE", ErrorKind.Environment, "A dataset holds films, and this host cannot read their frames and sizes.", "Disable the dataset, or take pictures from the films elsewhere."),
        new("REC_SCHEMA", ErrorKind.Invalid, "The row does not meet the dataset's own expect.schema.", "The message names the value; correct it, or the schema."),
        new("DATA_NULLS", ErrorKind.Invalid, "A column is null or absent in more rows than expect.max_null_fraction allows.", "Fill the column, or raise the limit."),
        new("DATA_LANGUAGE", ErrorKind.Invalid, "More records are in other languages than expect.language names.", "Remove them, add the language, or raise max_bad_fraction."),
        new("SAMPLED_OUT", ErrorKind.Invalid, "The record is none of those that max_num_samples keeps.", "Raise or remove max_num_samples to keep it."),
        new("CFG_REGEX", ErrorKind.Invalid, "An expression cannot be used: it is wrong, or cannot be matched in linear time.", "Leave out lookarounds, backreferences and atomic groups."),
    ];
}
