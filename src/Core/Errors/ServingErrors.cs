namespace Temper.Core.Errors;

/// <summary>Codes of answering requests. On OpenAI's routes they appear as the <c>code</c> of the error body.</summary>
internal static class ServingErrors
{
    public static readonly ErrorEntry[] Entries =
    [
        new("unsupported_parameter", ErrorKind.Invalid, "The request asks for something that this server does not do.", "Leave the named field out."),
        new("invalid_value", ErrorKind.Invalid, "A field has a value outside its range.", "The message names the field and what it may hold."),
        new("invalid_type", ErrorKind.Invalid, "A field has a value of another JSON type than expected.", "The message names the field and its type."),
        new("missing_required_parameter", ErrorKind.Invalid, "A field that every request needs is absent.", "Add the named field."),
        new("context_length_exceeded", ErrorKind.Invalid, "The prompt and the answer asked for do not fit the model's context.", "Shorten the messages or ask for fewer tokens."),
        new("queue_full", ErrorKind.Environment, "More requests wait than the server may keep.", "Try again after the seconds named in Retry-After."),
        new("adapter_of_adapter", ErrorKind.Invalid, "The model is an adapter of another adapter, which cannot be served.", "Merge the inner adapter into its base first."),
        new("logits_not_finite", ErrorKind.Failed, "The model's scores are not finite numbers.", "The weights are damaged or training diverged; use an earlier version."),
    ];
}
