using System.Globalization;
using Temper.Core.Blobs;
using Temper.Storage.Folder;
using Temper.Storage.Sql;
using Temper.Testing;

namespace Temper.Storage.Tests.Kill;

public sealed class KillTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_writer_killed_anywhere_leaves_every_finished_blob_and_no_half_one()
    {
        var random = new Random(11);
        var finished = new HashSet<int>();
        var pointer = -1;
        for (var round = 0; round < 8; round++)
        {
            using var child = new Child("blobs", _folder.Path, (round * 100_000).ToString(CultureInfo.InvariantCulture));
            await child.KillAsync(random.Next(120));
            foreach (var line in child.Lines)
            {
                var number = int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
                if (line.StartsWith("blob", StringComparison.Ordinal))
                    finished.Add(number);
                else
                    pointer = number;
            }
            var store = new FolderBlobStore(_folder.Path, TimeProvider.System);
            var found = new HashSet<int>();
            await foreach (var blob in store.ListAsync("k/", default))
            {
                var number = int.Parse(blob.Key.Name, CultureInfo.InvariantCulture);
                Assert.Equal(Program.Content(number), await ReadAsync(store, blob.Key));
                found.Add(number);
            }
            Assert.Subset(found, finished);
            // The last replacement counts, or the one that was under way.
            var value = await ReadAsync(store, BlobKey.Parse("pointer"));
            Assert.Contains(value, (byte[][])[Program.Content(pointer), Program.Content(pointer + 1), Program.Content(round * 100_000), []]);
        }
        Assert.NotEmpty(finished);
    }

    [Fact]
    public async Task Two_processes_that_count_in_one_database_lose_no_step_and_neither_starves()
    {
        var path = await NewCounterAsync();
        using var one = new Child("count", path, "150");
        using var two = new Child("count", path, "150");
        var codes = await Task.WhenAll(one.EndAsync(), two.EndAsync()).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.All(codes, code => Assert.Equal(0, code));
        Assert.Equal(300, await ValueAsync(path));
    }

    [Fact]
    public async Task A_transaction_that_returned_survives_the_kill_of_its_process()
    {
        var path = await NewCounterAsync();
        var acknowledged = 0;
        for (var round = 1; round <= 4; round++)
        {
            using var child = new Child("count", path, "1000000");
            await child.KillAsync(20 * round);
            acknowledged += child.Lines.Count;
            Assert.InRange(await ValueAsync(path), acknowledged, acknowledged + round);
        }
    }

    private async Task<string> NewCounterAsync()
    {
        var path = _folder.Of("temper.db");
        await using var db = Db.Sqlite(path);
        await db.ExecuteAsync("create table counters (name text primary key, value bigint not null); insert into counters (name, value) values ('a', 0);", null, default);
        return path;
    }

    private static async Task<long> ValueAsync(string path)
    {
        await using var db = Db.Sqlite(path);
        return await db.ScalarAsync<long>("select value from counters where name = 'a'", null, default);
    }

    private static async Task<byte[]> ReadAsync(FolderBlobStore store, BlobKey key)
    {
        await using var stream = await store.OpenAsync(key, 0, null, null, default);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }
}
