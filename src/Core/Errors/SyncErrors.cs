namespace Temper.Core.Errors;

/// <summary>Codes of repositories on a server and of what goes between repositories.</summary>
internal static class SyncErrors
{
    public static readonly ErrorEntry[] Entries =
    [
        new("stale_ref", ErrorKind.Refused, "The reference does not stand where the caller saw it: somebody moved it meanwhile.", "Fetch, merge or rebase, and push again."),
        new("non_fast_forward", ErrorKind.Refused, "The new commit does not follow the one on which the reference stands, so commits would be lost.", "Pull first; or push with --force-with-lease when they are to be replaced."),
        new("merge_conflict", ErrorKind.Refused, "Both sides changed the same file or the same fact.", "Merge in a clone, where the conflict can be resolved, and push."),
        new("missing_objects", ErrorKind.Refused, "Objects that the new commit needs are not in the repository.", "Push again: what is missing is sent."),
        new("corrupt_upload", ErrorKind.Integrity, "The pack that arrived is not whole, or holds an object that its name does not fit.", "Push again; if it repeats, run `temper fsck` on the repository that sends."),
        new("repository_exists", ErrorKind.Refused, "There is a repository of that name already.", "Choose another name, or use the one that is there."),
        new("remote_unknown", ErrorKind.NotFound, "No remote has that name, and no repository lies at that address.", "`temper remote -v` lists the remotes; addresses look like http://HOST:PORT/NS/NAME or a folder."),
        new("remote_exists", ErrorKind.Refused, "There is a remote of that name already.", "Remove or rename it first, or use `temper remote set-url`."),
        new("refspec_invalid", ErrorKind.Invalid, "What to push or fetch is not written as SOURCE:TARGET.", "Write NAME, SOURCE:TARGET, or :TARGET to delete."),
        new("folder_not_empty", ErrorKind.Refused, "The folder that a clone should go into is not empty.", "Choose another folder, or remove what is in it."),
        new("push_refused", ErrorKind.Refused, "The other side did not take all references.", "The message says why for each; what was taken stays taken unless --atomic was given."),
    ];
}
