namespace Temper.Core.Errors;

/// <summary>Codes of the places that datasets come from, and of downloads on their behalf.</summary>
internal static class SourceErrors
{
    public static readonly ErrorEntry[] Entries =
    [
        new("SRC_MISSING", ErrorKind.NotFound, "A file, folder, container or bucket that a dataset comes from is not there.", "Check the spelling and what the message names; list again if it was removed meanwhile."),
        new("SRC_OUTSIDE_ROOT", ErrorKind.Refused, "A dataset names a folder outside of the one that local data must lie in.", "Move the data below the root, or have the operator widen the root."),
        new("SRC_NAME", ErrorKind.Invalid, "A source has a file whose name cannot be stored safely.", "Rename the file: no empty, '.' or '..' parts, no control characters, no backslash, valid UTF-8, at most 200 bytes a part."),
        new("SRC_UNSUPPORTED", ErrorKind.Invalid, "A source asks for something that this version cannot do.", "The message names what it can do."),
        new("CFG_SECRET_UNKNOWN", ErrorKind.Environment, "The configuration refers to a secret that the host does not have.", "Set it where the host keeps its secrets; the message names it."),
        new("CSV_INVALID", ErrorKind.Invalid, "A CSV file breaks the rules of RFC 4180.", "The message names the line: an open quote, or a row with another number of fields than the header."),
        new("CSV_COLUMN", ErrorKind.Invalid, "A CSV file lacks a column that the dataset names.", "Correct csv_url_column or csv_caption_column; the message lists the columns that there are."),
        new("FETCH_URL", ErrorKind.Invalid, "An address cannot be downloaded from: its scheme, port or form is not allowed.", "Use https and port 443 without user information; an operator can allow more."),
        new("FETCH_BLOCKED", ErrorKind.Refused, "An address leads into a network that is not public.", "Use a public address, or have the operator allow the host."),
        new("FETCH_UNREACHABLE", ErrorKind.Environment, "A host has no address, or does not answer.", "Check the address; the row is tried again when the failure has been forgotten."),
        new("FETCH_TIMEOUT", ErrorKind.Environment, "A download took longer than allowed.", "Try again later, or have the operator allow more time."),
        new("FETCH_STATUS", ErrorKind.Refused, "A server answers with an error instead of the content.", "Open the address in a browser; correct the row or leave it out."),
        new("FETCH_REDIRECTS", ErrorKind.Refused, "A server redirects more often than allowed, or to nowhere.", "Write the final address into the row."),
        new("FETCH_TOO_LARGE", ErrorKind.Refused, "The content is larger than allowed, compressed or not.", "Use a smaller file, or have the operator allow more bytes."),
        new("FETCH_NOT_CONTENT", ErrorKind.Invalid, "A server answers with something else than the kind of file that was expected, often a web page.", "Open the address in a browser; correct the row or leave it out."),
        new("FETCH_BROKEN", ErrorKind.Environment, "A download broke off, or its compression cannot be undone.", "Try again later."),
    ];
}
