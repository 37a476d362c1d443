namespace Temper.Core.Errors;

/// <summary>Codes of the version store: repositories, references, the index and the work tree.</summary>
internal static class VersioningErrors
{
    public static readonly ErrorEntry[] Entries =
    [
        new("not_a_repository", ErrorKind.NotFound, "Neither this folder nor any above it is a repository.", "Make one with `temper init`, or name one with -C DIR."),
        new("repository_corrupt", ErrorKind.Integrity, "A file of the repository cannot be read.", "`temper fsck` tells what is damaged; `temper fsck --rebuild` makes the database again from packs and logs."),
        new("repository_locked", ErrorKind.Environment, "Another process is writing to the repository.", "Wait until it is done; the lock goes with its process and never needs to be removed."),
        new("repository_version", ErrorKind.Environment, "The repository was made by a newer version of this program.", "Use that version, or a later one."),
        new("ref_invalid", ErrorKind.Invalid, "The text cannot be the name of a branch, tag or other reference.", "Use letters, digits, '-', '_', '.' and '/'; no part begins with a dot or ends in '.lock', no '..', no spaces."),
        new("ref_moved", ErrorKind.Refused, "A reference is not where it was read before.", "Read it again and repeat the operation."),
        new("ref_exists", ErrorKind.Refused, "There is such a reference already, or one whose name is a part of it.", "Choose another name, or replace it with -f."),
        new("revision_unknown", ErrorKind.NotFound, "The text names no commit or other object.", "`temper branch`, `temper tag` and `temper log` list what there is."),
        new("settings_invalid", ErrorKind.Invalid, "A configuration file or the name of a setting cannot be read.", "Sections stand in brackets, settings below them as name = value; names look like section.name."),
        new("index_unmerged", ErrorKind.Refused, "Files are in conflict.", "Edit them, `temper add` them, and commit."),
        new("index_corrupt", ErrorKind.Integrity, "The index cannot be read.", "`temper reset` makes it again from the last commit."),
        new("worktree_changed", ErrorKind.Refused, "Local changes would be lost.", "Commit them or put them aside first; -f throws them away."),
        new("link_refused", ErrorKind.Refused, "A symbolic link stands where a file or folder is wanted.", "Replace it by what it points to; `temper config core.symlinks true` keeps links as such."),
        new("worktree_special", ErrorKind.Refused, "A device, pipe or socket cannot be kept.", "Remove it or name it in .temperignore."),
        new("nothing_to_commit", ErrorKind.NotFound, "The index is what the last commit holds.", "`temper add` takes changes into the index; --allow-empty commits without any."),
        new("message_missing", ErrorKind.Invalid, "The commit or tag has no message.", "Give one with -m TEXT or -F FILE."),
        new("path_unmatched", ErrorKind.NotFound, "A path or pattern fits no file.", "`temper status` and `temper ls-files` list what there is."),
        new("identity_missing", ErrorKind.Invalid, "Nobody is named as the author.", "`temper config user.name NAME` and `temper config user.email MAIL`, or set TEMPER_AUTHOR_NAME and TEMPER_AUTHOR_EMAIL."),
        new("date_invalid", ErrorKind.Invalid, "The text is not a date.", "Write @SECONDS +HHMM, 2026-01-31T12:00:00+01:00, or Sat, 31 Jan 2026 12:00:00 +0100."),
    ];
}
