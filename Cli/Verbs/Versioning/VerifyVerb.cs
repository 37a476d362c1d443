using System.CommandLine;
using Temper.Core.Files;
using Temper.Versioning.Objects;
using Temper.Versioning.Signing;

namespace Temper.Cli.Verbs.Versioning;

internal static class VerifyVerb
{
    private static readonly Argument<string[]> Revisions = new("revision") { Description = "Signed commits and tags [default: HEAD]", Arity = ArgumentArity.ZeroOrMore, HelpName = "REV" };
    private static readonly Option<string?> Key = new("--key") { Description = "Trust this public key, too", HelpName = "FILE" };
    private static readonly Option<string?> Bundle = new("--bundle") { Description = "Write the signature as a Sigstore bundle, for other tools; of one revision", HelpName = "FILE" };

    public static Command Build() => VersionVerb.Make("verify", """
        Check the signatures of commits and tags: by whom, and over exactly these files.
        Exits with 1 when one is not signed, or by a key that is not trusted; with 7 when one does not fit.

        Examples:
          temper verify
          temper verify v1 --key ada.pub
          temper verify v1 --bundle model.sig
        """, Revisions, Key, Bundle).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var trusted = KeyVerb.Trusted(session);
        if (session.Parsed.GetValue(Key) is { } file)
            trusted.Add(Path.GetFileName(file), PublicKey.Parse(await File.ReadAllTextAsync(KeyVerb.Full(file, session.Folder), ct)));
        var revisions = session.Parsed.GetValue(Revisions) is { Length: > 0 } given ? given : ["HEAD"];
        if (session.Parsed.GetValue(Bundle) is not null && revisions.Length > 1)
            throw new VersionExit(VersionVerb.Fatal, "usage", "A bundle is of one revision.");
        var result = 0;
        foreach (var revision in revisions)
        {
            var id = await RevisionNames.FindAsync(session.Repository, revision, ct) ?? throw RevisionNames.Unknown(revision);
            var report = await SignedObjects.VerifyAsync(session.Repository.Objects, id, trusted, ct);
            if (session.Parsed.GetValue(Bundle) is { } bundle)
                DurableFile.Write(KeyVerb.Full(bundle, session.Folder), await SignedObjects.BundleAsync(session.Repository.Objects, id, ct));
            Show(session, report);
            result = Math.Max(result, report.State switch { SignatureState.Valid => 0, SignatureState.Invalid => 7, _ => VersionVerb.Negative });
        }
        return result;
    }

    private static void Show(VersionSession session, SignatureReport report)
    {
        if (session.Json)
            session.Document(report);
        else if (report.Problem is { } problem)
            session.Error(problem.Message);
        else
            session.Out.WriteLine($"{ObjectIds.Word(report.Kind)} {report.Id}: signed by {Output.Style.Clean(report.Signer!)}, {Output.Format.Number(report.Files)} files");
    }
}
