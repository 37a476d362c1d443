namespace Temper.Core.Errors;

/// <summary>Codes of what is kept in versions: metadata documents, formats of files, signatures, tensors that are compared and merged.</summary>
internal static class ContentErrors
{
    public static readonly ErrorEntry[] Entries =
    [
        new("metadata_invalid", ErrorKind.Invalid, "A metadata document is not JSON that can be kept, or breaks its schema.", "The message names the place; docs/formats/metadata.md lists the keys."),
        new("pointer_invalid", ErrorKind.Invalid, "A JSON pointer is misspelt, or leads through a value that has no members.", "Write it as /key/0/other, '~1' for '/' and '~0' for '~'."),
        new("format_refused", ErrorKind.Invalid, "The file's content is of no format that this repository takes.", "Convert it to safetensors, JSON, text, CSV, Parquet, PNG or JPEG, or name its format in `safety.formats`."),
        new("key_invalid", ErrorKind.Invalid, "A file does not hold an ECDSA P-256 key in PEM.", "Make one with `temper key new FILE`."),
        new("signature_missing", ErrorKind.Refused, "Something must be signed and is not.", "Sign it: `temper commit -S`, `temper tag -s`."),
        new("signature_untrusted", ErrorKind.Refused, "A signature is by a key that is not trusted here.", "If the key is right, trust it: `temper key trust NAME FILE.pub`."),
        new("signature_invalid", ErrorKind.Integrity, "A signature does not fit what it signs.", "Do not use it; ask whoever signed it, or fetch it again."),
        new("tensors_differ", ErrorKind.Invalid, "Two versions of a tensor cannot be compared or merged number by number.", "The message says which tensor, and why."),
    ];
}
