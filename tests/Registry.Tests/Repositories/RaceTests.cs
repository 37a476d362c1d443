using System.Globalization;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Testing;

namespace Temper.Registry.Tests.Repositories;

/// <summary>Many who push to one branch at the same time, over two processes of the server.</summary>
public sealed class RaceTests
{
    private const string Main = "refs/heads/main";

    /// <summary>More where the environment says so.</summary>
    private static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("TEMPER_TEST_RACE_ROUNDS") ?? "4", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Of_sixteen_pushes_one_wins_each_round_and_no_commit_of_a_winner_is_lost(string database)
    {
        using var folder = new TempFolder();
        var options = await RegistryHost.OptionsAsync(database, folder);
        await using var one = await RegistryHost.StartAsync(options);
        await using var two = await RegistryHost.StartAsync(options);
        await using var sender = await new Sender(one).StartAsync();
        Digest? tip = null;
        var winners = new List<Digest>();
        for (var round = 0; round < Rounds; round++)
        {
            var commits = new List<Digest>();
            for (var n = 0; n < 16; n++)
                commits.Add(await sender.CommitAsync(tip is { } parent ? [parent] : [], ("who", RepositoryTests.Bytes($"{round} {n}"))));
            var packs = new List<(byte[] Bytes, Digest Id)>();
            foreach (var commit in commits)
                packs.Add(await sender.PackAsync(commit, tip is { } known ? [known] : []));
            var old = tip;
            var won = await Task.WhenAll(commits.Select((commit, n) => Task.Run(() => PushAsync(sender, n % 2 == 0 ? one : two, packs[n], old, commit))));
            tip = Assert.Single(won.OfType<Digest>());
            winners.Add(tip.Value);
            Assert.Equal(tip, Assert.Single(await two.Client.Repositories.RefsAsync(sender.Name, "", default)).Target);
        }
        var log = await one.Client.Http.GetFromJsonAsync($"api/v1/repos/{sender.Name}/commits?rev=main");
        Assert.Equal(Enumerable.Reverse(winners).Select(w => w.Hex), log.GetProperty("items").EnumerateArray().Select(c => c.GetProperty("id").GetString()));
    }

    private static async Task<Digest?> PushAsync(Sender sender, RegistryHost host, (byte[] Bytes, Digest Id) pack, Digest? old, Digest next)
    {
        var client = host.Client.Repositories;
        var upload = await client.OpenUploadAsync(sender.Name, new(pack.Bytes.Length, pack.Id), default);
        await client.SendAsync(sender.Name, upload.Id, 0, new MemoryStream(pack.Bytes), default);
        await client.CompleteAsync(sender.Name, upload.Id, default);
        try
        {
            await client.UpdateRefsAsync(sender.Name, new RefMoves([new(Main, old, next)]), default);
            return next;
        }
        catch (TemperException e) when (e.Code == "stale_ref")
        {
            return null;
        }
    }
}
