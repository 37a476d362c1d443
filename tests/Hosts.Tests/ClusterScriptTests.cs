using System.Diagnostics;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>samples/cluster/cluster.sh, which starts the cluster edition as plain processes.</summary>
public sealed class ClusterScriptTests
{
    [Fact]
    public async Task Whoever_stops_the_cluster_while_it_starts_need_not_wait_and_hears_of_no_failure()
    {
        using var folder = new TempFolder();
        var start = new ProcessStartInfo("sh", [RepoRoot.Of("samples", "cluster", "cluster.sh"), folder.Of("state")]) { RedirectStandardError = true };
        // A registry that cannot start: the script goes on asking.
        (start.Environment["NO_BUILD"], start.Environment["ADDRESS"], start.Environment["DATABASE"]) = ("1", "http://127.0.0.1:1", folder.Of("nowhere/registry.db"));
        using var script = Process.Start(start)!;
        var log = Path.Combine(folder.Of("state"), "registry.log");
        for (var attempt = 0; attempt < 200 && !File.Exists(log); attempt++)
            await Task.Delay(50);
        ProcessTree.Signal("TERM", script.Id);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await script.WaitForExitAsync(patience.Token);
        Assert.Equal((143, ""), (script.ExitCode, await script.StandardError.ReadToEndAsync()));
    }
}
