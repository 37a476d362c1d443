namespace Temper.Core.Errors;

/// <summary>Codes of the registry: work, uploads, versions and aliases.</summary>
internal static class RegistryErrors
{
    public static readonly ErrorEntry[] Entries =
    [
        new("not_found", ErrorKind.NotFound, "There is no such thing.", "Check the spelling; `temper datasets`, `temper models` and `temper jobs` list what exists."),
        new("unauthorised", ErrorKind.Refused, "The server asks for an API key, and this one is missing or wrong.", "Give it with TEMPER_API_KEY."),
        new("lease_lost", ErrorKind.Refused, "The lease ran out and the work may belong to another worker now.", "Stop; what was written under the old fence stays invisible."),
        new("upload_offset", ErrorKind.Refused, "The piece does not begin where the server's copy ends.", "Ask for the upload's state and continue from there."),
        new("upload_incomplete", ErrorKind.Refused, "Some files of the upload have not fully arrived.", "Send the rest, then complete it again."),
        new("UPLOAD_HASH_MISMATCH", ErrorKind.Integrity, "The bytes that arrived are not the bytes that the client announced.", "Upload the named file again."),
        new("upload_empty", ErrorKind.Invalid, "The upload has no files.", "Name a file, or a folder that holds some."),
        new("upload_not_a_file", ErrorKind.Invalid, "What was named is a pipe, a socket or a device, which has no size and may never end.", "Write what it gives to a file and send that, or leave it out."),
        new("alias_moved", ErrorKind.Refused, "The alias does not stand where the caller saw it.", "Read it again and decide anew."),
        new("alias_invalid", ErrorKind.Invalid, "The alias breaks the spelling rule, or is kept by the registry itself.", "Use 1 to 255 letters, digits, '_' and '-', not 'latest' and not 'v' and a number."),
        new("job_ended", ErrorKind.Refused, "The job has already ended.", "Start another."),
        new("job_not_paused", ErrorKind.Refused, "The job is not paused.", "Nothing to do: it waits or runs by itself."),
        new("job_cancelling", ErrorKind.Refused, "The job is being cancelled.", "Wait until it has ended, then start another."),
        new("job_not_ended", ErrorKind.Refused, "The job has not failed and was not cancelled.", "A job that runs can be cancelled first; one that completed is not repeated, start another."),
        new("invalid_validation_file", ErrorKind.Invalid, "The validation file of a job cannot be used.", "The message says why; send a file of chats, one JSON object a line."),
        new("invalid_training_file", ErrorKind.Invalid, "The training file of a job cannot be used.", "The message says why; send a file of chats, one JSON object a line."),
        new("no_reason", ErrorKind.Failed, "A worker said that the work failed and not why.", "Its own log may tell."),
        new("ledger_open", ErrorKind.Integrity, "The records of a version do not add up.", "Please report it: nothing was sealed."),
        new("publish_mismatch", ErrorKind.Integrity, "What a worker published is not what it announced.", "The job is tried again; if it repeats, please report it."),
        new("object_corrupt", ErrorKind.Integrity, "Stored bytes do not have the digest that names them.", "Restore the named object from a backup or make it again."),
        new("object_missing", ErrorKind.Integrity, "An object that is named is not in the store.", "Restore it from a backup or make it again."),
        new("path_invalid", ErrorKind.Invalid, "A file's path cannot be kept safely on every system.", "Rename it; the message says which rule it breaks."),
        new("path_collision", ErrorKind.Invalid, "Two paths would be one file on some systems.", "Rename one of the paths that the message lists."),
        new("upload_piece_size", ErrorKind.Invalid, "The piece is empty, larger than the server takes, or goes beyond the announced size.", "Send pieces of at most the session's part_size, within the announced size."),
        new("upload_too_large", ErrorKind.Invalid, "The upload has more files, or larger ones, than the server takes.", "Split it; the message names the limit."),
        new("unsafe_format", ErrorKind.Invalid, "The file's format can run code when it is loaded.", "Convert it to safetensors."),
        new("request_invalid", ErrorKind.Invalid, "A request breaks a rule of the API.", "The message names the rule; /openapi/v1.json lists all routes."),
        new("attempts_exhausted", ErrorKind.Failed, "The work was claimed too often without coming to an end.", "Look at its log and at the workers' logs; start it again when the cause is gone."),
        new("cursor_invalid", ErrorKind.Invalid, "The cursor is none that a page gave.", "Begin again without a cursor."),
        new("schema_newer", ErrorKind.Environment, "The database was written by a newer version of the product.", "Use that version, or another --home."),
    ];
}
