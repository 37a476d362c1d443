using System.Text;
using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Versioning.Objects;

/// <summary>
/// Commits as bytes: the headers <c>tree</c>, <c>meta</c>?, <c>parent</c>*, <c>author</c>, <c>committer</c>, <c>run</c>?, <c>input</c>*,
/// <c>sig</c>?, one per line in this order, an empty line, the message. Specification and test vectors: docs/formats/objects.md.
/// </summary>
public static class CommitCodec
{
    /// <summary>Bytes of a commit.</summary>
    /// <exception cref="ArgumentException">A value holds a line break, half a character, or what its header cannot.</exception>
    public static byte[] Encode(Commit commit)
    {
        ArgumentNullException.ThrowIfNull(commit);
        if (commit.Message.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException("A message holds no NUL.", nameof(commit));
        var text = new StringBuilder();
        ObjectText.Add(text, "tree", commit.Tree.Hex);
        if (commit.Meta is { } meta)
            ObjectText.Add(text, "meta", meta.Hex);
        foreach (var parent in commit.Parents)
            ObjectText.Add(text, "parent", parent.Hex);
        ObjectText.Add(text, "author", ObjectText.Of(commit.Author));
        ObjectText.Add(text, "committer", ObjectText.Of(commit.Committer));
        if (commit.Run is not null)
            ObjectText.Add(text, "run", commit.Run);
        foreach (var input in commit.Inputs)
            ObjectText.Add(text, "input", input);
        if (commit.Sig is not null)
            ObjectText.Add(text, "sig", commit.Sig);
        return ObjectText.Bytes(text.Append('\n').Append(commit.Message).ToString());
    }

    /// <summary>Reads an encoded commit.</summary>
    /// <exception cref="TemperException">Code <c>object_corrupt</c>: the bytes are not what <see cref="Encode"/> writes.</exception>
    public static Commit Decode(ReadOnlySpan<byte> body)
    {
        var (headers, message) = ObjectText.Split(body, "commit");
        var commit = new Commit(Id(One(headers, "tree")), Who(headers, "author"), Who(headers, "committer"), message)
        {
            Meta = All(headers, "meta").Select(Id).Cast<Digest?>().FirstOrDefault(),
            Parents = [.. All(headers, "parent").Select(Id)],
            Run = All(headers, "run").FirstOrDefault(),
            Inputs = [.. All(headers, "input")],
            Sig = All(headers, "sig").FirstOrDefault(),
        };
        // Whatever has another order, an unknown header or a spelling of its own does not come back the same.
        return body.SequenceEqual(EncodeAgain(commit)) ? commit : throw ObjectText.Corrupt("commit", "its headers are not in the one order and spelling that there is");
    }

    private static byte[] EncodeAgain(Commit commit)
    {
        try
        {
            return Encode(commit);
        }
        catch (ArgumentException error)
        {
            throw ObjectText.Corrupt("commit", error.Message);
        }
    }

    private static IEnumerable<string> All(List<KeyValuePair<string, string>> headers, string name) => headers.Where(h => h.Key == name).Select(h => h.Value);

    private static string One(List<KeyValuePair<string, string>> headers, string name) =>
        All(headers, name).FirstOrDefault() ?? throw ObjectText.Corrupt("commit", $"it has no {name}");

    private static Signature Who(List<KeyValuePair<string, string>> headers, string name) => ObjectText.Signature(One(headers, name), "commit");

    private static Digest Id(string text) => Digest.TryParse(text, out var id) ? id : throw ObjectText.Corrupt("commit", $"'{text}' is not an id");
}
