using Temper.Core.Errors;
using static Temper.Ingest.Tests.Backends.BackendContract;

namespace Temper.Ingest.Tests.Backends;

public sealed class MemoryBackendContractTests : BackendContract
{
    protected override Task<SourceUnderTest> NewAsync() => Task.FromResult<SourceUnderTest>(new Memory());

    private sealed class Memory : SourceUnderTest
    {
        private readonly MemoryBackend _backend = new(64 << 20);

        public override Task WriteAsync(string path, byte[] content)
        {
            _backend.Put(path, content);
            return Task.CompletedTask;
        }

        public override Task RemoveAsync(string path)
        {
            _backend.Remove(path);
            return Task.CompletedTask;
        }

        public override Task<IDataBackend> OpenAsync() => Task.FromResult<IDataBackend>(_backend);

        public override ValueTask DisposeAsync() => _backend.DisposeAsync();
    }
}

public sealed class MemoryBackendTests
{
    [Fact]
    public async Task What_was_not_read_for_the_longest_time_leaves_first()
    {
        await using var memory = new MemoryBackend(100);
        memory.Put("a", new byte[40]);
        memory.Put("b", new byte[40]);
        var items = await ListAsync(memory);
        await ReadAsync(memory, items[0]);
        memory.Put("c", new byte[40]);
        Assert.Equal(["a", "c"], (await ListAsync(memory)).Select(i => i.Path));
        Assert.Equal("SRC_MISSING", (await Assert.ThrowsAsync<TemperException>(() => ReadAsync(memory, items[1]))).Code);
        Assert.Equal(1, memory.LeftOut["evicted"]);
        memory.Put("huge", new byte[101]);
        Assert.Empty(await ListAsync(memory));
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("")]
    [InlineData("a\\b")]
    public void A_name_that_cannot_be_stored_is_refused(string name) =>
        Assert.Equal("SRC_NAME", Assert.Throws<TemperException>(() => new MemoryBackend(100).Put(name, new byte[1])).Code);
}
