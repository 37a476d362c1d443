using static Temper.Ingest.KeyShape;

namespace Temper.Ingest;

/// <summary>Keys of datasets of words.</summary>
internal static class TextKeys
{
    public static IEnumerable<ConfigKey> Of() =>
    [
        new("format", For.Words, new Words("auto", "text", "messages", "instruction", "input_output", "prompt_completion", "sharegpt", "preference", "kto", "classification", "auto_per_record"), "`auto`", "Layout of the records; auto: 99 of 100 of the first 1,000 must agree"),
        new("columns", For.Data, new Either(new Names(new Text()), new List(new Text())), "the same names", "Field of the format to its name in the files; a list names the columns that are read (huggingface)"),
        new("roles", For.Words, new Names(new Text()), "the same names", "Role in the files to system, developer, user, assistant or tool"),
        new("text_unit", For.Words, new Words("line", "paragraph", "file"), "`paragraph`", "What one record of a plain text file is"),
        Recipe("chat_template", "data.chat_template"),
        Recipe("train_on", "data.train_on"),
        Recipe("train_on_eot", "data.train_on"),
        Recipe("max_length", "data.max_length"),
        Recipe("on_too_long", "data.on_overlength"),
        Recipe("packing", "data.packing"),
        Recipe("min_supervised_tokens", "data.max_length"),
        Recipe("add_bos", "data.chat_template"),
        Recipe("add_eos", "data.chat_template"),
        Recipe("system_prompt", "data.chat_template"),
    ];

    private static ConfigKey Recipe(string path, string recipe) =>
        new(path, For.Words, new Any(), "", "How records become tokens") { Fate = KeyFate.Recipe, Reason = recipe };
}
