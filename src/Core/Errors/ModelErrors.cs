namespace Temper.Core.Errors;

/// <summary>Codes of model folders, tokenizers, templates and tensor files.</summary>
internal static class ModelErrors
{
    private const string Download = "Fetch or export the file again; if it repeats, report it to whoever made it.";

    public static readonly ErrorEntry[] Entries =
    [
        new("model_not_found", ErrorKind.NotFound, "There is no model at that place.", "The message lists where it was looked for."),
        new("model_file_missing", ErrorKind.Invalid, "A model folder lacks a file that it needs.", "Add the named file; `temper import` needs config.json, tokenizer.json and the weights."),
        new("unsupported_architecture", ErrorKind.Invalid, "The model's family or one of its settings is not supported.", "Choose a model of a supported family; the message lists them."),
        new("config_invalid", ErrorKind.Invalid, "A model's configuration is missing a value or contradicts itself.", "Correct the named setting."),
        new("rope_unsupported", ErrorKind.Invalid, "The model asks for a kind of rotary embedding that is not supported.", "Choose a model with a supported kind; the message lists them."),
        new("tensor_missing", ErrorKind.Invalid, "The weights lack a tensor that the configuration asks for.", Download),
        new("tensor_unexpected", ErrorKind.Invalid, "The weights hold a tensor that the configuration has no place for.", "Check that config.json belongs to these weights."),
        new("shape_mismatch", ErrorKind.Invalid, "A tensor's shape is not the one that the configuration asks for.", "Check that config.json belongs to these weights."),
        new("vocab_mismatch", ErrorKind.Invalid, "The tokenizer knows more tokens than the model's embedding has rows.", "Use the tokenizer that belongs to the model."),
        new("weights_not_finite", ErrorKind.Integrity, "A weight is NaN or infinite.", "The run that wrote it was destroyed; use an earlier checkpoint."),
        new("weight_index_invalid", ErrorKind.Invalid, "The index of weight files contradicts the files.", Download),
        new("safetensors_too_short", ErrorKind.Invalid, "A safetensors file ends inside its header.", Download),
        new("safetensors_header_too_large", ErrorKind.Invalid, "A safetensors file announces a header of more than 100,000,000 bytes.", Download),
        new("safetensors_header_invalid", ErrorKind.Invalid, "The header of a safetensors file is not a JSON object of the right form.", Download),
        new("safetensors_duplicate_name", ErrorKind.Invalid, "A safetensors file names a tensor twice.", Download),
        new("safetensors_dtype_unknown", ErrorKind.Invalid, "A safetensors file holds an element type that is not supported.", "Convert it to F32, F16, BF16, I64, I32, U8, I8 or BOOL."),
        new("safetensors_shape_invalid", ErrorKind.Invalid, "A tensor's shape is negative, not whole, or too large to count.", Download),
        new("safetensors_size_mismatch", ErrorKind.Invalid, "A tensor's byte range does not have the size of its shape.", Download),
        new("safetensors_overlap", ErrorKind.Invalid, "Two tensors of a safetensors file share bytes.", Download),
        new("safetensors_hole", ErrorKind.Invalid, "A safetensors file holds bytes that belong to no tensor.", Download),
        new("safetensors_truncated", ErrorKind.Invalid, "A safetensors file is shorter than its tensors.", Download),
        new("tokenizer_invalid", ErrorKind.Invalid, "tokenizer.json is damaged or contradicts itself.", Download),
        new("tokenizer_unsupported", ErrorKind.Invalid, "The tokenizer uses a component that is not supported.", "Choose a model with another tokenizer; the message names the component and what is supported."),
        new("tokenizer_limit", ErrorKind.Invalid, "The tokenizer takes too long on a text.", "Its pattern is badly written for this text; choose a model with another tokenizer."),
        new("template_missing", ErrorKind.Invalid, "The model has no chat template, so a chat cannot be turned into text.", "Add chat_template.jinja to the model's folder."),
        new("template_invalid", ErrorKind.Invalid, "The chat template cannot be parsed.", "Correct it at the named line."),
        new("template_unsupported", ErrorKind.Invalid, "The chat template uses a part of Jinja that is not supported.", "Rewrite the named part; the message lists what is supported."),
        new("template_failed", ErrorKind.Invalid, "The chat template fails on this chat.", "Check the chat against what the template expects, or correct the template at the named line."),
        new("template_refused", ErrorKind.Invalid, "The chat template refuses this chat.", "The message is the template's own."),
        new("template_limit", ErrorKind.Invalid, "The chat template runs too long, nests too deep or writes too much.", "Correct the template; it may not end."),
        new("assistant_mask_unavailable", ErrorKind.Invalid, "The chat template does not tell which characters the assistant wrote.", "Add {% generation %} tags around the assistant's part of the template, or train on completion or all."),
        new("no_supervised_tokens", ErrorKind.Invalid, "An example has no token to learn from.", "Give it an answer, or raise max_length when the answer was cut off."),
        new("turn_end_not_trained", ErrorKind.Invalid, "The end of an answer is not among the trained tokens, so the model would never stop.", "Put the token that ends a turn inside the trained part of the template and into eos_token_id."),
        new("data_too_long", ErrorKind.Invalid, "An example is longer than max_length.", "Raise max_length, shorten the example, or choose another on_overlength."),
        new("data_empty_example", ErrorKind.Invalid, "A record becomes no tokens.", "Remove it."),
        new("adapter_invalid", ErrorKind.Invalid, "An adapter's files contradict themselves or its base.", "Use the base that the adapter was trained on."),
        new("adapter_unsupported", ErrorKind.Invalid, "The adapter has a setting that changes its result and is not supported.", "The message names it; merge the adapter with the program that made it."),
        new("target_not_found", ErrorKind.Invalid, "No module of the model has the name that the adapter targets.", "The message lists the names there are."),
        new("lora_on_tied_head", ErrorKind.Invalid, "An adapter targets the output layer, which shares its weights with the embedding.", "Leave lm_head and embed_tokens out of target_modules."),
        new("merge_not_finite", ErrorKind.Integrity, "Merging the adapter gives weights that are NaN or infinite.", "The adapter is damaged; use an earlier checkpoint."),
    ];
}
