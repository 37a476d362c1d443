namespace Temper.Core.Errors;

/// <summary>Codes of files that cannot be read as their kind, and of archives.</summary>
internal static class FileErrors
{
    public static readonly ErrorEntry[] Entries =
    [
        new("FILE_KIND_MISMATCH", ErrorKind.Invalid, "A file's name says one kind, its content is another.", "Give the file the extension of what it holds: .jsonl, .json (an array), .csv, .tsv, .txt, .md, .parquet, .zip, .tar; .gz behind it when it is compressed."),
        new("FILE_BAD_ARRAY", ErrorKind.Invalid, "The JSON array of a file does not hold together between its elements: a comma is missing or too many, or something stands behind the array.", "Export the file again, without comments and trailing commas; nothing of it is accepted."),
        new("FILE_COLUMNS", ErrorKind.Invalid, "The header of a table is missing, has a column twice, or lacks one that the format needs.", "The first row names the columns, separated by commas in .csv and by tabs in .tsv; map other names under `columns`."),
        new("REC_COLUMNS", ErrorKind.Invalid, "A row of a table has more or fewer fields than the header.", "Put fields that hold the delimiter or a newline into double quotes."),
        new("REC_QUOTES", ErrorKind.Invalid, "In a row of a table, something stands behind a closing quote.", "Write a quote inside of a quoted field twice."),
        new("ARCHIVE_BROKEN", ErrorKind.Invalid, "An archive's own directory does not hold together.", "Pack and upload it again; nothing of it is accepted."),
        new("ARCHIVE_LIMIT", ErrorKind.Invalid, "An archive holds more entries or more bytes than an archive may.", "Pack it into several archives, or upload the files themselves."),
        new("ARCHIVE_NESTED", ErrorKind.Invalid, "An archive holds an archive or a compressed file.", "Unpack it and upload what is inside; allow_file_errors: true seals the other files without it."),
        new("ARCHIVE_ENTRY_REFUSED", ErrorKind.Invalid, "An entry of an archive has a name or a shape that no data file needs.", "The message says why; pack the file again under a plain relative name, or leave it out."),
    ];
}
