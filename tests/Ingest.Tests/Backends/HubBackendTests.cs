using Temper.Core.Errors;

namespace Temper.Ingest.Tests.Backends;

/// <summary>A hub gives commits, which never change: what was listed can be read for ever.</summary>
public sealed class HubBackendContractTests : BackendContract
{
    protected override bool KeepsVersions => true;

    protected override async Task<SourceUnderTest> NewAsync() => new Repository(await HubPlace.StartAsync());

    [Fact]
    public override async Task An_empty_source_has_no_items()
    {
        await using var source = await NewAsync();
        Assert.Equal("SRC_MISSING", (await Assert.ThrowsAsync<TemperException>(source.OpenAsync)).Code);
    }

    private sealed class Repository(HubPlace place) : SourceUnderTest
    {
        private readonly Dictionary<string, byte[]> _files = [];
        private int _commits;
        private bool _opened;

        public override Task WriteAsync(string path, byte[] content)
        {
            _files[ItemOf(path, content)] = content;
            return AfterAsync();
        }

        public override Task RemoveAsync(string path)
        {
            _files.Remove(ItemOf(path, []));
            return AfterAsync();
        }

        public override async Task WriteManyAsync(IEnumerable<(string Path, byte[] Content)> files)
        {
            foreach (var (path, content) in files)
                await WriteAsync(path, content);
        }

        // A hub gives out files of data alone.
        public override string ItemOf(string path, byte[] content) => path + ".txt";

        public override async Task<IDataBackend> OpenAsync()
        {
            if (!_opened)
                Commit();
            _opened = true;
            return await place.OpenAsync("""{ "data_files": "**" }""");
        }

        public override ValueTask DisposeAsync() => place.DisposeAsync();

        private Task AfterAsync()
        {
            if (_opened)
                Commit();
            return Task.CompletedTask;
        }

        private void Commit() => place.Commit($"{++_commits:x40}", [.. _files.Select(f => (f.Key, f.Value))]);
    }
}
