namespace Temper.Core.Errors;

/// <summary>Codes of what records hold: tools, pairs, secrets, and what a kind of record can be used for.</summary>
internal static class RecordErrors
{
    public static readonly ErrorEntry[] Entries =
    [
        new("REC_TOOL_CALL", ErrorKind.Invalid, "A call of a tool is not a function's name with arguments that are a JSON object.", "Write {\"name\": …, \"arguments\": {…}}, or the arguments as a string that holds the object; only assistants call."),
        new("REC_TOOLS", ErrorKind.Invalid, "The tools are not a list of objects with names.", "Write a list of {\"type\": \"function\", \"function\": {\"name\": …, \"parameters\": {…}}}, or of strings that hold such objects."),
        new("REC_CALL_UNANSWERED", ErrorKind.Invalid, "The chat goes on although a call of a tool has no answer.", "Only a warning: the record is accepted. Add the tool's message behind the call."),
        new("REC_ALTERNATION", ErrorKind.Invalid, "In a chat of the ShareGPT form, people and the assistant do not take turns.", "Join or remove the turns that the message names by their place; it begins with a person's turn, behind a system message where there is one."),
        new("REC_EMPTY_PROMPT", ErrorKind.Invalid, "Two answers are compared, but there is no prompt that both answer.", "Add `prompt`, or begin both lists of messages with the same question."),
        new("REC_PROMPT_DIFFERS", ErrorKind.Invalid, "The prompt is a text that the shared beginning of the answers does not hold.", "Leave the prompt out, or make it the question that both answers begin with."),
        new("REC_SAME_ANSWERS", ErrorKind.Invalid, "The chosen and the rejected answer are the same.", "Leave the record out; there is nothing to prefer."),
        new("REC_FORMAT", ErrorKind.Invalid, "The record fits no format, or more than one.", "Name the dataset's format instead of auto_per_record, or map its fields under `columns`."),
        new("REC_SECRET", ErrorKind.Invalid, "The record holds a secret: a key, a token or a password.", "Take it out and revoke it; or let ingestion replace it with secrets_scan: {action: redact}."),
        new("REC_PERSONAL", ErrorKind.Invalid, "The record holds personal data, and the dataset's `pii` sets such records aside.", "Take it out, or let ingestion replace it with pii: {action: redact}."),
        new("data_needs_preference_training", ErrorKind.Invalid, "Records that compare or judge answers cannot be learnt by supervised training.", "Train on a dataset of chats, texts or completions; preference training is not in this version."),
        new("data_needs_pairs", ErrorKind.Invalid, "The task compares two answers, and a record has not two.", "Train on a dataset of `chosen` and `rejected` answers, or choose task: causal_lm."),
        new("data_needs_labels", ErrorKind.Invalid, "The task learns classes, and a record has none.", "Texts: write `format: classification` in dataset.yaml and upload again (`text`, `label`), or have `prompt` and a short `completion`. Images: one caption each, or a folder per class."),
        new("label_unknown", ErrorKind.Invalid, "A held-out record has a class that no training record has.", "Give the class more records, or hold fewer records out."),
        new("too_few_classes", ErrorKind.Invalid, "There are fewer than two classes to tell apart.", "Check the labels of the dataset."),
        new("image_undecodable", ErrorKind.Invalid, "An image of the dataset cannot be decoded.", "Leave it out, or save it as PNG or JPEG."),
        new("not_a_chat_model", ErrorKind.Invalid, "The model does not write text.", "Ask a model that was made for chats."),
        new("not_a_classifier", ErrorKind.Invalid, "The model does not classify what was given.", "Train one with task: sequence_classification or image_classification."),
        new("data_needs_image_training", ErrorKind.Invalid, "Records of images cannot be learnt by training on text.", "Train on a dataset of chats, texts or completions."),
        new("template_ignores_tools", ErrorKind.Invalid, "The record has tools or tool calls, and the model's chat template leaves them out.", "Use a base whose template knows tools, or leave the tools out of the data."),
    ];
}
