namespace Temper.Core.Errors;

/// <summary>Codes of downloads from a model hub.</summary>
internal static class HubErrors
{
    public static readonly ErrorEntry[] Entries =
    [
        new("hub_reference_invalid", ErrorKind.Invalid, "The text does not name a repository of a hub.", "Write hf:OWNER/NAME, hf:OWNER/NAME@BRANCH, hf:OWNER/NAME@TAG or hf:OWNER/NAME@COMMIT."),
        new("hub_unauthorised", ErrorKind.Refused, "The hub wants to know who asks, or refuses the token.", "Set HF_TOKEN to a token that may read the repository; check the spelling: a hub does not tell a private repository from none."),
        new("hub_gated", ErrorKind.Refused, "The hub knows who asks and refuses the repository.", "Accept the conditions on the repository's page, or use a token of an account that has."),
        new("hub_not_found", ErrorKind.NotFound, "The hub has no such repository, revision or file.", "Check the spelling and the revision on the repository's page."),
        new("hub_rate_limited", ErrorKind.Environment, "The hub asks to come back later.", "Wait as long as the message says; the same command continues where it stopped. A token raises the limit."),
        new("hub_unreachable", ErrorKind.Environment, "The hub does not answer, or breaks off again and again.", "Check the network and HF_ENDPOINT; the same command continues where it stopped."),
        new("hub_answer_invalid", ErrorKind.Environment, "The hub answers with something else than the protocol says.", "Check that HF_ENDPOINT is a hub and that no proxy answers in its place."),
        new("hub_redirect_refused", ErrorKind.Refused, "The hub sends the download to a place that is not safe, or in circles.", "Check HF_ENDPOINT; if it is right, report it to whoever runs the hub."),
        new("hub_file_changed", ErrorKind.Integrity, "A file is not the one that the pinned commit names.", "Repeat the command; if it repeats, whoever answers is not the hub."),
        new("hub_hash_mismatch", ErrorKind.Integrity, "A file arrived with other bytes than the hub announced, twice.", "Repeat the command; if it repeats, something between here and the hub changes the bytes."),
        new("hub_not_a_model", ErrorKind.Invalid, "The repository lacks a file that a model needs.", "Choose a repository with config.json, tokenizer.json and *.safetensors."),
        new("hub_busy", ErrorKind.Environment, "Another process downloads the same file.", "Wait for it; both share what arrives."),
    ];
}
