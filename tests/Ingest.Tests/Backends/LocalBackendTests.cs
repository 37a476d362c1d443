using System.Diagnostics;
using Temper.Core.Errors;
using static Temper.Ingest.Tests.Backends.BackendContract;

namespace Temper.Ingest.Tests.Backends;

public sealed class LocalBackendContractTests : BackendContract
{
    protected override Task<SourceUnderTest> NewAsync() => Task.FromResult<SourceUnderTest>(new Folder());

    private sealed class Folder : SourceUnderTest
    {
        private readonly BackendHost _host = new();

        public Folder() => Directory.CreateDirectory(Path.Combine(_host.Root, "data"));

        public override async Task WriteAsync(string path, byte[] content)
        {
            var file = Path.Combine(_host.Root, "data", path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            // A file system's clock ticks every few milliseconds; a user is slower.
            if (File.Exists(file))
                await Task.Delay(25);
            await File.WriteAllBytesAsync(file, content);
        }

        public override Task RemoveAsync(string path)
        {
            File.Delete(Path.Combine(_host.Root, "data", path));
            return Task.CompletedTask;
        }

        public override Task<IDataBackend> OpenAsync() => _host.OpenAsync("local", new { instance_data_dir = "data" });

        public override ValueTask DisposeAsync()
        {
            _host.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>What only a file system does: links, pipes, odd names, times that are set back.</summary>
public sealed class LocalBackendTests : IDisposable
{
    private readonly BackendHost _host = new();

    private string Data => Path.Combine(_host.Root, "data");

    public LocalBackendTests()
    {
        Directory.CreateDirectory(Data);
        Directory.CreateDirectory(_host.Outside);
        File.WriteAllText(Path.Combine(_host.Outside, "secret.txt"), "hush");
    }

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Links_that_leave_the_root_are_left_out_and_counted()
    {
        File.WriteAllText(Path.Combine(Data, "mine.txt"), "mine");
        File.CreateSymbolicLink(Path.Combine(Data, "leak.txt"), Path.Combine(_host.Outside, "secret.txt"));
        File.CreateSymbolicLink(Path.Combine(Data, "up.txt"), "../../outside/secret.txt");
        Directory.CreateSymbolicLink(Path.Combine(Data, "folder"), _host.Outside);
        File.CreateSymbolicLink(Path.Combine(Data, "passwd"), "/etc/passwd");
        File.CreateSymbolicLink(Path.Combine(Data, "nowhere"), "no-such-file");
        File.CreateSymbolicLink(Path.Combine(Data, "self"), "self");
        await using var backend = await OpenAsync("data");
        Assert.Equal(["mine.txt"], (await ListAsync(backend)).Select(i => i.Path));
        Assert.Equal(4, backend.LeftOut["symlink_outside"]);
        Assert.Equal(2, backend.LeftOut["symlink_broken"]);
    }

    [Fact]
    public async Task Links_inside_the_root_are_followed_and_circles_end()
    {
        Directory.CreateDirectory(Path.Combine(_host.Root, "shared"));
        File.WriteAllText(Path.Combine(_host.Root, "shared", "s.txt"), "shared");
        Directory.CreateDirectory(Path.Combine(Data, "sub"));
        File.WriteAllText(Path.Combine(Data, "sub", "x.txt"), "x");
        Directory.CreateSymbolicLink(Path.Combine(Data, "common"), Path.Combine(_host.Root, "shared"));
        Directory.CreateSymbolicLink(Path.Combine(Data, "sub", "again"), "..");
        await using var backend = await OpenAsync("data");
        var items = await ListAsync(backend);
        Assert.Equal(["common/s.txt", "sub/x.txt"], items.Select(i => i.Path));
        Assert.Equal("shared"u8.ToArray(), await ReadAsync(backend, items[0]));
        Assert.Equal(1, backend.LeftOut["symlink_circle"]);
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("data/../../outside")]
    [InlineData("/etc")]
    [InlineData("link")]
    public async Task A_folder_outside_of_the_root_is_refused(string folder)
    {
        Directory.CreateSymbolicLink(Path.Combine(_host.Root, "link"), _host.Outside);
        Assert.Equal("SRC_OUTSIDE_ROOT", (await Assert.ThrowsAsync<TemperException>(() => OpenAsync(folder))).Code);
    }

    [Theory]
    [InlineData("nowhere")]
    [InlineData("data/mine.txt")]
    public async Task A_folder_that_is_none_is_missing(string folder)
    {
        File.WriteAllText(Path.Combine(Data, "mine.txt"), "mine");
        Assert.Equal("SRC_MISSING", (await Assert.ThrowsAsync<TemperException>(() => OpenAsync(folder))).Code);
    }

    [Fact]
    public async Task A_listed_file_that_became_a_link_to_a_secret_is_not_read()
    {
        File.WriteAllText(Path.Combine(Data, "a.txt"), "hush");
        await using var backend = await OpenAsync("data");
        var item = Assert.Single(await ListAsync(backend));
        File.Delete(Path.Combine(Data, "a.txt"));
        File.CreateSymbolicLink(Path.Combine(Data, "a.txt"), Path.Combine(_host.Outside, "secret.txt"));
        Assert.Equal("SRC_CHANGED", (await Assert.ThrowsAsync<TemperException>(() => ReadAsync(backend, item))).Code);
    }

    [Fact]
    public async Task A_change_that_sets_the_time_back_is_still_a_change()
    {
        var file = Path.Combine(Data, "a.txt");
        File.WriteAllText(file, "before");
        var time = File.GetLastWriteTimeUtc(file);
        await using var backend = await OpenAsync("data");
        var item = Assert.Single(await ListAsync(backend));
        await Task.Delay(25);
        File.WriteAllText(file, "after!");
        File.SetLastWriteTimeUtc(file, time);
        Assert.Equal("SRC_CHANGED", (await Assert.ThrowsAsync<TemperException>(() => ReadAsync(backend, item))).Code);
    }

    [Fact]
    public async Task Names_that_cannot_be_stored_are_listed_with_their_problem()
    {
        foreach (var name in (string[])["back\\slash.txt", "new\nline.txt", "C:\\x"])
            File.WriteAllText(Path.Combine(Data, name), name);
        Run("sh", "-c", $"printf x > \"$(printf '{Data}/latin-\\351.txt')\"");
        File.WriteAllText(Path.Combine(Data, "good.txt"), "good");
        await using var backend = await OpenAsync("data");
        var items = await ListAsync(backend);
        Assert.Equal(5, items.Count);
        Assert.Equal("good.txt", Assert.Single(items, i => i.Problem is null).Path);
        Assert.All(items.Where(i => i.Problem is not null), i => Assert.Equal("SRC_NAME", i.Problem!.Code));
        Assert.Equal(items.Select(i => i.Path).Order(StringComparer.Ordinal), items.Select(i => i.Path));
        Assert.Equal("SRC_NAME", (await Assert.ThrowsAsync<TemperException>(() => ReadAsync(backend, items.First(i => i.Problem is not null)))).Code);
        // The platform cannot name this file, so it cannot remove it either.
        Run("sh", "-c", $"rm '{Data}'/latin-*");
    }

    [Fact]
    public async Task Pipes_and_sockets_are_left_out_and_never_waited_for()
    {
        Run("mkfifo", Path.Combine(Data, "pipe"));
        File.WriteAllText(Path.Combine(Data, "good.txt"), "good");
        await using var backend = await OpenAsync("data");
        var item = Assert.Single(await ListAsync(backend));
        Assert.Equal(1, backend.LeftOut["not_a_file"]);
        File.Delete(Path.Combine(Data, "good.txt"));
        Run("mkfifo", Path.Combine(Data, "good.txt"));
        var reading = Assert.ThrowsAsync<TemperException>(() => ReadAsync(backend, item));
        Assert.Equal("SRC_CHANGED", (await reading.WaitAsync(TimeSpan.FromSeconds(60))).Code);
    }

    [Fact]
    public async Task Empty_files_are_items_too()
    {
        File.WriteAllText(Path.Combine(Data, "empty.txt"), "");
        await using var backend = await OpenAsync("data");
        var item = Assert.Single(await ListAsync(backend));
        Assert.Equal(0, item.Size);
        Assert.Empty(await ReadAsync(backend, item));
    }

    private Task<IDataBackend> OpenAsync(string folder) => _host.OpenAsync("local", new { instance_data_dir = folder });

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
