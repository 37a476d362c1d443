using Temper.Testing;
using static Temper.Hosts.Tests.Versioning.KilledVerb;

namespace Temper.Hosts.Tests.Versioning;

/// <summary>
/// <c>kill -9</c> at a durable step, and every byte of the repository lost that was not flushed by then: what is there is sound, and the same verb ends
/// where it would have ended. TEMPER_LOST_BYTES=all takes every step; a few without. Files of the work tree are not flushed, as with git.
/// </summary>
[Collection("versioning")]
[Trait("Needs", "strace")]
public sealed class LostBytesTests : IDisposable
{
    private static readonly (string Verb, string Steps)[] All =
    [
        ("commit -q -m more", "vcs.refs_moved vcs.commit_stored vcs.pack_written vcs.refs_logged vcs.committed"),
        ("add -A", "vcs.index_written vcs.pack_written vcs.files_stored"),
        ("merge -q -m merged other", "vcs.index_written vcs.merge_stored vcs.files_removed vcs.file_written vcs.file_written:3 vcs.refs_moved vcs.refs_logged vcs.merged"),
        ("merge -q clash", "vcs.conflicts_written vcs.merge_stored vcs.file_written vcs.index_written"),
        ("checkout -q other", "vcs.head_written vcs.files_removed vcs.file_written:2 vcs.index_written"),
        ("fetch -q origin", "vcs.objects_fetched vcs.pack_written vcs.graph_fetched vcs.refs_moved vcs.refs_logged"),
        ("push -q origin main other", "vcs.refs_moved vcs.pack_written vcs.refs_logged"),
    ];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string, bool> Points()
    {
        var all = Environment.GetEnvironmentVariable("TEMPER_LOST_BYTES") == "all";
        var points = new TheoryData<string, string, bool>();
        foreach (var (verb, steps) in All)
            foreach (var step in steps.Split(' ').Take(all ? int.MaxValue : verb.StartsWith('c') || verb.StartsWith('m') ? 1 : 0))
            {
                points.Add(verb, step, false);
                if (all)
                    points.Add(verb, step, true);
            }
        return points;
    }

    [Theory]
    [MemberData(nameof(Points))]
    public async Task After_a_loss_of_power_the_repository_is_whole_and_the_same_verb_ends_where_it_would_have(string verb, string step, bool zeros)
    {
        var words = verb.Split(' ');
        var (whole, killed) = (_folder.Of("whole"), _folder.Of("killed"));
        await PrepareAsync(whole, words[0]);
        var usual = (await RunAsync(whole, words)).Exit;
        await PrepareAsync(killed, words[0]);
        string[] places = [Path.Combine(killed, ".temper"), Other(killed)];
        var unsynced = new UnsyncedBytes(places);
        var log = _folder.Of("calls");
        var died = await TemperProcess.RunAsync([words[0], "--at", killed, .. words.Skip(1)], UnsyncedBytes.Recorder(log), [.. Someone, ("TEMPER_CRASH_AT", step)]);
        Assert.True(died.Exit is not (0 or 1 or 128), $"nobody died at {step}: {died.Errors}");
        unsynced.Read(log);
        unsynced.Lose(places, zeros);

        await AssertSoundAsync(killed);
        Assert.Equal(0, (await RunAsync(killed, "status", "--porcelain")).Exit);
        var (exit, _, errors) = await RunAsync(killed, words);
        Assert.True(exit == usual || (words[0] == "commit" && exit == 1), errors);
        await AssertSoundAsync(killed);
        Assert.Equal((await StateAsync(whole)).Replace(whole, "", StringComparison.Ordinal), (await StateAsync(killed)).Replace(killed, "", StringComparison.Ordinal));
    }
}
