namespace Temper.Core.Errors;

/// <summary>Codes of looking after a repository: imports, checks, backups.</summary>
internal static class CareErrors
{
    public static readonly ErrorEntry[] Entries =
    [
        new("import_pointer_invalid", ErrorKind.Invalid, "A pointer file of another tool cannot be read.", "The message names the file and what is wrong with it."),
        new("import_content_missing", ErrorKind.NotFound, "What a pointer stands for is not in the other tool's cache.", "Fetch it with that tool, then try again."),
        new("repository_damaged", ErrorKind.Integrity, "The check of a repository found damage.", "Fetch the named objects from a remote, or restore a backup; `temper fsck --rebuild` makes a lost catalogue again."),
        new("backup_damaged", ErrorKind.Integrity, "A backup is not what its manifest says.", "Use another backup; the message names the file."),
        new("backup_occupied", ErrorKind.Refused, "The target already holds something.", "Choose an empty folder."),
    ];
}
