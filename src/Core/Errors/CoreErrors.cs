namespace Temper.Core.Errors;

/// <summary>Codes of names, references, blobs, the environment and plug-ins.</summary>
internal static class CoreErrors
{
    public static readonly ErrorEntry[] Entries =
    [
        new("name_invalid", ErrorKind.Invalid, "A dataset's or model's name breaks the spelling rule.", "Use 1 to 63 of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit."),
        new("reference_invalid", ErrorKind.Invalid, "The text is none of the forms of a reference.", "Write name, name:VERSION, name@alias, name#COMMIT, job:ID/step-N or a folder path."),
        new("blob_key_invalid", ErrorKind.Invalid, "A name cannot be stored safely.", "Rename the file: no empty, '.' or '..' parts, no control characters, no backslash, at most 200 bytes a part."),
        new("blob_missing", ErrorKind.NotFound, "The store holds no blob of that name.", "It may have been removed; upload or produce it again."),
        new("blob_changed", ErrorKind.Refused, "The blob is not the version that was read before.", "Read it again and repeat the operation."),
        new("storage_unavailable", ErrorKind.Environment, "The blob store or the database does not answer.", "Check that it runs and that the address and credentials are right; the operation can be repeated."),
        new("disk_full", ErrorKind.Environment, "There is no space left where the state is kept.", "Free space, or choose another place with --home; nothing that was accepted is lost."),
        new("permission_denied", ErrorKind.Environment, "The operating system refuses access.", "Check owner and mode of the named path, or choose another place with --home."),
        new("home_in_use", ErrorKind.Environment, "Another temper process serves this home.", "Use it (the message names its address), stop it, or choose another --home."),
        new("port_in_use", ErrorKind.Environment, "Another program listens on that port.", "Choose another with --port."),
        new("api_key_required", ErrorKind.Invalid, "An address that other machines can reach was asked for without an API key.", "Set TEMPER_API_KEY to at least 16 characters, or listen on 127.0.0.1."),
        new("api_key_short", ErrorKind.Invalid, "An API key can be guessed.", "Take at least 16 characters, such as what `openssl rand -hex 24` prints."),
        new("server_unreachable", ErrorKind.Environment, "No server answers at that address.", "Start one with `temper up`, or name one with --server URL."),
        new("invalid_json", ErrorKind.Invalid, "The text is not the JSON document that was expected.", "The message names the place; correct it there."),
        new("usage", ErrorKind.Invalid, "The command line cannot be understood.", "See `temper --help`."),
        new("cancelled", ErrorKind.Cancelled, "The work was stopped on request.", "Start it again to continue from the last checkpoint."),
        new("internal", ErrorKind.Failed, "The program met a state that it should never meet.", "Please report it with the id in the message."),
        new("plugin_manifest_invalid", ErrorKind.Invalid, "A plug-in's manifest cannot be read.", "Correct the named field of plugin.json."),
        new("plugin_cycle", ErrorKind.Invalid, "Plug-ins depend on each other in a circle.", "Remove one of the dependencies that the message lists."),
        new("plugin_dependency_missing", ErrorKind.Invalid, "A plug-in needs another that is not there.", "Install the plug-in that the message names."),
        new("plugin_version_clash", ErrorKind.Invalid, "Two plug-ins, or a plug-in and the product, need different versions of one thing.", "Install matching versions; the message names both sides."),
        new("plugin_load_failed", ErrorKind.Invalid, "A plug-in's assembly cannot be loaded or has no registration.", "Check the entry assembly and type named in plugin.json."),
    ];
}
