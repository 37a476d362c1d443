using System.Globalization;
using Temper.Core.Blobs;
using Temper.Storage.Folder;
using Temper.Storage.Sql;

namespace Temper.Storage.Tests.Kill;

/// <summary>What the child process does until it is killed. Each line on its output says that a write has returned.</summary>
internal static class Program
{
    private static async Task Main(string[] args)
    {
        switch (args)
        {
            case ["blobs", var root, var first]:
                await WriteBlobsAsync(new FolderBlobStore(root, TimeProvider.System), int.Parse(first, CultureInfo.InvariantCulture));
                break;
            case ["count", var path, var steps]:
                await CountAsync(path, int.Parse(steps, CultureInfo.InvariantCulture));
                break;
            default:
                await Console.Error.WriteLineAsync("This is a test assembly: run it with `dotnet test`.");
                Environment.ExitCode = 2;
                break;
        }
    }

    /// <summary>Content of the blob of a number: whoever reads it can tell whether it is whole.</summary>
    public static byte[] Content(int number)
    {
        var bytes = new byte[1 + (int)(number * 7_919L % 400_000)];
        new Random(number).NextBytes(bytes);
        return bytes;
    }

    private static async Task WriteBlobsAsync(FolderBlobStore store, int first)
    {
        for (var i = first; ; i++)
        {
            var key = BlobKey.Parse($"k/{i}");
            if (i % 3 == 0)
            {
                var token = await store.BeginPartsAsync(key, default);
                var content = Content(i);
                var half = content.Length / 2;
                var one = await store.StagePartAsync(key, token, 1, new MemoryStream(content, 0, half), default);
                var two = await store.StagePartAsync(key, token, 2, new MemoryStream(content, half, content.Length - half), default);
                await store.CommitPartsAsync(key, token, [one, two], default);
            }
            else
            {
                await store.CreateAsync(key, new MemoryStream(Content(i)), default);
            }
            Console.WriteLine($"blob {i}");
            var pointer = BlobKey.Parse("pointer");
            var seen = await store.FindAsync(pointer, default) ?? (await store.CreateAsync(pointer, new MemoryStream(), default))!;
            await store.ReplaceAsync(pointer, Content(i), seen.ETag, default);
            Console.WriteLine($"pointer {i}");
        }
    }

    private static async Task CountAsync(string path, int steps)
    {
        await using var db = Db.Sqlite(path);
        for (var i = 0; i < steps; i++)
        {
            await db.InTransactionAsync(async (session, ct) =>
            {
                var value = await session.ScalarAsync<long>("select value from counters where name = 'a'", null, ct);
                await session.ExecuteAsync("update counters set value = @value where name = 'a'", new { value = value + 1 }, ct);
            }, default);
            Console.WriteLine($"step {i}");
        }
    }
}
