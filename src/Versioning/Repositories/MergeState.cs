using System.Text;
using Temper.Core.Errors;
using Temper.Core.Files;
using Temper.Core.Ids;

namespace Temper.Versioning.Repositories;

/// <summary>
/// The merge that waits for its conflicts to be resolved, as files beside HEAD that git users know: <c>MERGE_HEAD</c> (one id a line),
/// <c>MERGE_MSG</c>, <c>SQUASH_MSG</c>; and <c>ORIG_HEAD</c>, where HEAD was before the last merge or reset.
/// </summary>
/// <param name="home">The repository's folder.</param>
public sealed class MergeState(string home)
{
    private const string HeadsFile = "MERGE_HEAD", MessageFile = "MERGE_MSG", OriginFile = "ORIG_HEAD", SquashFile = "SQUASH_MSG";

    /// <summary>Commits that are being merged into HEAD, in order; none when no merge is under way.</summary>
    /// <exception cref="TemperException">Code <c>repository_corrupt</c>.</exception>
    public IReadOnlyList<Digest> Heads() => Read(HeadsFile) is { } text ? [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Id(line, HeadsFile))] : [];

    /// <summary>The message that the merge's commit will have unless another is given; null when there is none.</summary>
    public string? Message() => Read(MessageFile);

    /// <summary>Where HEAD was before the last merge or reset; null when neither has been.</summary>
    /// <exception cref="TemperException">Code <c>repository_corrupt</c>.</exception>
    public Digest? Origin() => Read(OriginFile) is { } text ? Id(text.Trim(), OriginFile) : null;

    /// <summary>Notes that a merge is under way.</summary>
    public void Begin(IReadOnlyList<Digest> heads, string message)
    {
        Write(MessageFile, message);
        Write(HeadsFile, string.Concat(heads.Select(head => head.Hex + "\n")));
    }

    /// <summary>The message that was made of squashed commits, which the next commit has unless another is given; null when there is none.</summary>
    public string? Squashed() => Read(SquashFile);

    /// <summary>Notes the message of squashed commits.</summary>
    public void SetSquashed(string message) => Write(SquashFile, message);

    /// <summary>Notes where HEAD was.</summary>
    public void SetOrigin(Digest head) => Write(OriginFile, head.Hex + "\n");

    /// <summary>Forgets the merge; it was committed, or given up.</summary>
    public void End()
    {
        File.Delete(Path.Combine(home, HeadsFile));
        File.Delete(Path.Combine(home, MessageFile));
        File.Delete(Path.Combine(home, SquashFile));
    }

    private static Digest Id(string text, string file) => Digest.TryParse(text, out var id)
        ? id
        : throw new TemperException("repository_corrupt", $"The file {file} of the repository holds '{text}', which is not an id.");

    private string? Read(string name)
    {
        var path = Path.Combine(home, name);
        return File.Exists(path) ? File.ReadAllText(path, Encoding.UTF8) : null;
    }

    private void Write(string name, string text) => DurableFile.Write(Path.Combine(home, name), Encoding.UTF8.GetBytes(text));
}
