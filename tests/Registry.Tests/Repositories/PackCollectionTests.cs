using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Registry.Repositories;
using Temper.Testing;

namespace Temper.Registry.Tests.Repositories;

/// <summary>The packs of a server: what nothing leads to goes, in two marks a time of grace apart, and nothing else does.</summary>
public sealed class PackCollectionTests
{
    private const string Main = "refs/heads/main", Trial = "refs/heads/trial";
    private static readonly CancellationToken Ct = CancellationToken.None;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task What_a_deleted_branch_alone_led_to_goes_after_two_marks_and_the_rest_stays(string database)
    {
        using var folder = new TempFolder();
        var clock = new ShiftedClock();
        await using var host = await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder), services => services.AddSingleton<TimeProvider>(clock));
        await using var sender = await new Sender(host).StartAsync();
        var kept = await sender.CommitAsync([], ("kept.bin", RepositoryTests.Noise(1_300_000, 1)));
        await sender.PushAsync(Main, null, kept);
        var gone = await sender.CommitAsync([kept], ("kept.bin", RepositoryTests.Noise(1_300_000, 1)), ("gone.bin", RepositoryTests.Noise(1_300_000, 2_000_000)));
        await sender.PushAsync(Trial, null, gone);
        await sender.Client.UpdateRefsAsync(sender.Name, new([new(Trial, gone, null)]), Ct);

        // The log of moves holds it for ninety days.
        clock.Pass(TimeSpan.FromDays(20));
        Assert.Equal((2, 0, 0), Counts(await sender.Client.CollectAsync(new(24), Ct)));
        clock.Pass(TimeSpan.FromDays(80));
        Assert.Equal((2, 1, 0), Counts(await sender.Client.CollectAsync(new(24, DryRun: true), Ct)));
        Assert.Equal((2, 1, 0), Counts(await sender.Client.CollectAsync(new(24), Ct)));
        Assert.Equal((2, 1, 0), Counts(await sender.Client.CollectAsync(new(24), Ct)));
        clock.Pass(TimeSpan.FromHours(25));
        Assert.Equal((2, 0, 1), Counts(await sender.Client.CollectAsync(new(24, DryRun: true), Ct)));
        var report = await sender.Client.CollectAsync(new(24), Ct);
        Assert.Equal((2, 0, 1), Counts(report));
        Assert.InRange(report.Bytes, 1_300_000, 1_400_000);
        Assert.Equal((1, 0, 0), Counts(await sender.Client.CollectAsync(new(24), Ct)));
        Assert.Equal(1, await PacksAsync(host));

        Assert.Equal(RepositoryTests.Noise(1_300_000, 1), await host.Client.Http.GetByteArrayAsync($"api/v1/repos/{sender.Name}/files/main/kept.bin"));
        // What went is sent again when somebody wants it back.
        await sender.PushAsync(Trial, null, gone);
        Assert.Equal(RepositoryTests.Noise(1_300_000, 2_000_000), await host.Client.Http.GetByteArrayAsync($"api/v1/repos/{sender.Name}/files/trial/gone.bin"));
    }

    [Fact]
    public async Task What_a_client_was_told_is_there_stays_until_its_lease_ends_and_what_is_noted_is_told_to_be_missing()
    {
        var clock = new ShiftedClock();
        await using var host = await RegistryHost.StartAsync(null, services => services.AddSingleton<TimeProvider>(clock));
        await using var sender = await new Sender(host).StartAsync();
        var commit = await sender.CommitAsync([], ("a", RepositoryTests.Bytes("1")));
        await sender.SendAsync(await sender.PackAsync(commit, []));
        clock.Pass(TimeSpan.FromHours(2));
        Assert.Empty((await sender.Client.MissingAsync(sender.Name, new([commit]), Ct)).Missing);
        Assert.Equal((1, 0, 0), Counts(await sender.Client.CollectAsync(new(1), Ct)));
        clock.Pass(TimeSpan.FromHours(25));
        await host.Get<PackLeases>().SweepAsync(Ct);
        Assert.Equal((1, 1, 0), Counts(await sender.Client.CollectAsync(new(1), Ct)));
        Assert.Equal([commit], (await sender.Client.MissingAsync(sender.Name, new([commit]), Ct)).Missing);
        // Who begins to send the noted pack again has it back, as new.
        await sender.SendAsync(await sender.PackAsync(commit, []));
        clock.Pass(TimeSpan.FromMinutes(50));
        Assert.Equal((1, 0, 0), Counts(await sender.Client.CollectAsync(new(1), Ct)));
        await sender.Client.UpdateRefsAsync(sender.Name, new([new(Main, null, commit)]), Ct);
        clock.Pass(TimeSpan.FromDays(200));
        Assert.Equal((1, 0, 0), Counts(await sender.Client.CollectAsync(new(1), Ct)));
    }

    [Fact]
    public async Task A_reference_that_moves_back_to_something_noted_keeps_it()
    {
        var clock = new ShiftedClock();
        await using var host = await RegistryHost.StartAsync(null, services => services.AddSingleton<TimeProvider>(clock));
        await using var sender = await new Sender(host).StartAsync();
        var commit = await sender.CommitAsync([], ("a", RepositoryTests.Bytes("1")));
        await sender.SendAsync(await sender.PackAsync(commit, []));
        clock.Pass(TimeSpan.FromHours(2));
        Assert.Equal((1, 1, 0), Counts(await sender.Client.CollectAsync(new(1), Ct)));
        await sender.Client.UpdateRefsAsync(sender.Name, new([new(Main, null, commit)]), Ct);
        clock.Pass(TimeSpan.FromHours(2));
        Assert.Equal((1, 0, 0), Counts(await sender.Client.CollectAsync(new(1), Ct)));
        Assert.Equal("1", await host.Client.Http.GetStringAsync($"api/v1/repos/{sender.Name}/files/main/a"));
        await Say.RefusedAsync("request_invalid", () => sender.Client.CollectAsync(new(0.5), Ct));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task While_people_push_and_delete_branches_no_reference_ever_leads_to_what_was_collected(string database)
    {
        using var folder = new TempFolder();
        var clock = new ShiftedClock();
        await using var host = await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder), services => services.AddSingleton<TimeProvider>(clock));
        using var done = new CancellationTokenSource();
        var removed = 0;
        var collector = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                // The log of moves forgets at once here.
                clock.Pass(TimeSpan.FromDays(91));
                await host.Get<PackLeases>().SweepAsync(Ct);
                removed += (await host.Client.Repositories.CollectAsync(new(1), Ct)).Removed;
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 3).Select(n => Task.Run(() => PushAndDeleteAsync(host, n))));
        await done.CancelAsync();
        await collector;
        var end = await host.Client.Repositories.CollectAsync(new(1, DryRun: true), Ct);
        Assert.Empty(end.Broken);
        Assert.True(removed > 0);
    }

    /// <summary>Pushes to branches that come and go, the content of which comes back again and again.</summary>
    private static async Task PushAndDeleteAsync(RegistryHost host, int who)
    {
        await using var sender = await new Sender(host, $"team/model{who}").StartAsync();
        for (var round = 0; round < 8; round++)
        {
            var commit = await sender.CommitAsync([], ("a", RepositoryTests.Bytes($"{round % 3}")), ("b", RepositoryTests.Bytes($"{who} {round}")));
            for (var done = false; !done;)
            {
                try
                {
                    await sender.PushAsync(Main, null, commit);
                    done = true;
                }
                catch (TemperException error) when (error.Code is "missing_objects")
                {
                    // Days passed in the middle of it: pushed again, as a person would.
                }
            }
            Assert.Equal($"{who} {round}", await host.Client.Http.GetStringAsync($"api/v1/repos/{sender.Name}/files/main/b"));
            await sender.Client.UpdateRefsAsync(sender.Name, new([new(Main, commit, null)]), Ct);
        }
    }

    private static (int Packs, int Noted, int Removed) Counts(PackCollectionReport report)
    {
        Assert.Empty(report.Broken);
        return (report.Packs, report.Noted, report.Removed);
    }

    private static async Task<int> PacksAsync(RegistryHost host)
    {
        var count = 0;
        await foreach (var _ in host.Get<IBlobStore>().ListAsync("packs/", Ct))
            count++;
        return count;
    }
}
