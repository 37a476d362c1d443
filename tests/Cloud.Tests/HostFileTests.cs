using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Temper.Functions.Ingest;
using Temper.Testing;

namespace Temper.Cloud.Tests;

/// <summary>What the Functions host is told of times, beside what the code counts on; and what it loads.</summary>
public sealed class HostFileTests
{
    private static readonly JsonElement Host = JsonDocument.Parse(File.ReadAllText(RepoRoot.Of("Functions.Ingest", "host.json"))).RootElement;

    [Fact]
    public void A_turn_ends_before_its_function_is_ended_and_a_claim_outlives_it()
    {
        var longest = Time(Host.GetProperty("functionTimeout"));
        Assert.True(IngestTurn.Longest + TimeSpan.FromMinutes(1) <= longest);
        Assert.True(Arrivals.ClaimHolds > longest);
    }

    [Fact]
    public void A_message_stays_locked_for_as_long_as_its_function_may_run() =>
        Assert.Equal(Time(Host.GetProperty("functionTimeout")), Time(Host.GetProperty("extensions").GetProperty("serviceBus").GetProperty("maxAutoLockRenewalDuration")));

    [Fact]
    public void The_packages_of_the_worker_are_of_one_release()
    {
        // They call each other's internals: of two releases together, no invocation gets as far as the function.
        var versions = new[] { "", ".Core", ".Grpc" }.Select(part => Assembly.Load($"Microsoft.Azure.Functions.Worker{part}").GetName().Version);
        Assert.Single(versions.Distinct());
    }

    private static TimeSpan Time(JsonElement text) => TimeSpan.Parse(text.GetString()!, CultureInfo.InvariantCulture);
}
