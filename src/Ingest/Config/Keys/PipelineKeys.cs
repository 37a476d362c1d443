using static Temper.Ingest.KeyShape;

namespace Temper.Ingest;

/// <summary>Keys that the stages read, whatever the records are.</summary>
internal static class PipelineKeys
{
    private const long Many = 1L << 53;
    private static readonly KeyShape Scan = new Words("off", "report", "redact", "quarantine");

    public static IEnumerable<ConfigKey> Of() =>
    [
        new("max_line_bytes", For.Data, new Whole(64, 256 << 20), "16777216", "Longest row in bytes; longer ones are set aside unread"),
        new("max_bad_fraction", For.Data, new Number(0, 1), "0.01", "Largest share of records that may be set aside; above it the version is rejected"),
        new("max_bad_records", For.Data, new Whole(0, Many), "none", "Largest number of records that may be set aside"),
        new("on_bad_record", For.Data, new Words("quarantine", "fail"), "`quarantine`", "What a record that breaks a rule does"),
        new("allow_file_errors", For.Data, new Flag(), "`false`", "Seal without files that cannot be read"),
        new("accept_partial", For.Data, new Flag(), "`false`", "Keep the records before the cut of a truncated gzip file; a damaged one is never accepted in part"),
        new("max_num_samples", For.Data, new Whole(1, Many), "none", "Keep the records with the smallest digests keyed by id, so many; others that come later change few of them"),
        new("split", For.Data, new Either(new Text(), new Section()), "`train`", "Part of all records (`train` or `eval`), or their shares; for huggingface, as text, the hub's split"),
        new("split.train", For.Data, new Number(0, 1), "the rest", "Share for training"),
        new("split.eval", For.Data, new Number(0, 1), "the rest", "Share for evaluation"),
        new("split.by", For.Data, new Text("hash|group:.+", "hash, or group: and the name of a column"), "`hash`", "What decides: the record's own content, or a column whose equal values stay together"),
        new("split.seed", For.Data, new Whole(0, Many), "0", "Key of the choice"),
        new("dedup", For.Data, new Section(), "see below", "Copies"),
        new("dedup.exact", For.Data, new Flag(), "`true`", "Drop later copies of a record"),
        new("dedup.near", For.Data, new Section(), "see below", "Records that are almost alike"),
        new("dedup.near.enabled", For.Data, new Flag(), "`true`", "Look for them"),
        new("dedup.near.threshold", For.Data, new Number(0.5, 1), "0.8", "Least share of common sequences of characters, in question and answer each"),
        new("dedup.near.ngram", For.Data, new Whole(3, 12), "5", "Characters in a sequence"),
        new("dedup.near.bands", For.Data, new Whole(1, 256), "20", "Bands of the signature; with `rows`, which pairs are compared at all"),
        new("dedup.near.rows", For.Data, new Whole(1, 64), "5", "Rows of a band; bands times rows is at most 1024"),
        new("dedup.near.scope", For.Data, new Words("dataset", "job"), "`dataset`", "What is compared; job is refused by this version"),
        new("dedup.near.action", For.Data, new Words("report", "drop"), "`report`", "Show them, or drop all but the first"),
        new("pii", For.Data, new Section(), "see below", "Personal data"),
        new("pii.action", For.Data, Scan, "`report`", "What happens to a record that holds some"),
        new("pii.kinds", For.Data, new List(new Words([.. ScanKinds.Pii])), "all", "Kinds that are looked for"),
        new("pii.rules", For.Data, new Names(new Text()), "none", "Name of a further kind to the expression that finds it, matched without backtracking; redacted, it becomes `[name]`"),
        new("secrets_scan", For.Data, new Section(), "see below", "Keys and passwords"),
        new("secrets_scan.action", For.Data, Scan, "`quarantine`", "What happens to a record that holds some"),
        new("secrets_scan.kinds", For.Data, new List(new Words([.. ScanKinds.Secrets])), "all", "Kinds that are looked for"),
        new("contamination", For.Data, new Section(), "see below", "Records that an evaluation holds, too"),
        new("contamination.against", For.Data, new List(new Text()), "every eval dataset of the configuration", "Names of the datasets"),
        new("contamination.ngram", For.Data, new Whole(5, 50), "13", "Words in a run that both hold"),
        new("contamination.action", For.Data, new Words("report", "drop", "fail"), "`report`", "What happens to such a record"),
        new("expect", For.Data, new Section(), "none", "What the dataset must be like"),
        new("expect.min_records", For.Data, new Whole(0, Many), "none", "Least number of accepted records"),
        new("expect.max_records", For.Data, new Whole(0, Many), "none", "Largest number of accepted records"),
        new("expect.schema", For.Words, new Any(), "none", "JSON Schema that each row must meet: type, required, properties, additionalProperties, items, enum, const, minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength, maxLength, minItems, maxItems, pattern"),
        new("expect.max_null_fraction", For.Words, new Names(new Number(0, 1)), "none", "Column to the largest share of rows in which it is null or absent"),
        new("expect.language", For.Words, new List(new Words([.. LanguageGuess.Names.Where(n => n != LanguageGuess.Unknown)])), "all", "Languages of the records, as far as they can be told; the version is rejected when more than `max_bad_fraction` of them are in others"),
        new("embedding", For.Data, new Section(), "none", "Embedding of the records"),
        new("embedding.model", For.Data, new Text(), "none", "Reference of a registered model; without one, near-duplicates are found by text alone"),
        new("preview", For.Data, new Section(), "none", "What a model sees of the records"),
        new("preview.model", For.Data, new Text(), "none", "Reference of the model whose template and tokenizer show it"),
        new("filters", For.Data, new Either(new Names(new Section()), new List(new List(new Any(), 3))), "none", "Score to its bounds; records outside are dropped and counted. For huggingface, as a list, conditions [column, op, value] on rows, with ==, !=, <, <=, >, >=, in, not in"),
        new("filters.*", For.Data, new Section(), "none", "A score"),
        new("filters.*.min", For.Data, new Number(double.MinValue, double.MaxValue), "none", "Least score that is kept"),
        new("filters.*.max", For.Data, new Number(double.MinValue, double.MaxValue), "none", "Highest score that is kept"),
    ];
}
