namespace Temper.Core.Errors;

/// <summary>Codes of what records hold: tools, pairs, secrets, and what a kind of record can be used for.</summary>
internal static class RecordErrors
{
    public static readonly ErrorEntry[] Entries =
    [
        new("data_needs_preference_training", ErrorKind.Invalid, "Records that compare or judge answers cannot be learnt by supervised training.", "Train on a dataset of chats, texts or completions; preference training is not in this version."),
        new("data_needs_image_training", ErrorKind.Invalid, "Records of images cannot be learnt by training on text.", "Train on a dataset of chats, texts or completions."),
        new("template_ignores_tools", ErrorKind.Invalid, "The record has tools or tool calls, and the model's chat template leaves them out.", "Use a base whose template knows tools, or leave the tools out of the data."),
    ];
}
