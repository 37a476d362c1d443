using System.Text.Json;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Training.Jobs;

namespace Temper.Training.Tests.Ranks;

/// <summary>What is known of a follower once its process is gone.</summary>
public sealed class FollowerProcessTests
{
    [Fact]
    public void Its_last_words_can_be_asked_for_by_one_thread_while_another_ends_it()
    {
        var claim = new WorkClaim(WorkId.New(WorkKind.Train, TimeProvider.System), WorkKind.Train, 1, 1, 60, JsonDocument.Parse("{}").RootElement, null);
        var start = new JobStart(claim, new Uri("http://127.0.0.1:1"), null, "blobs", "cache", 1, null) { Program = ["/bin/sh", "-c", "read line; echo no room >&2; exit 7"] };
        var follower = FollowerProcess.Start(start, new(1, 2, "base"), 1);
        while (follower.Input.ReadByte() >= 0)
        {
        }
        Assert.Contains("ended with code 7. Its last lines: no room", follower.LastWords(), StringComparison.Ordinal);
        follower.End();
        Assert.Contains("ended with code 7. Its last lines: no room", follower.LastWords(), StringComparison.Ordinal);
    }
}
