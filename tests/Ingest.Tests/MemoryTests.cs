using System.Diagnostics;
using System.Text;
using Temper.Core.Datasets;
using Temper.Core.Files;

namespace Temper.Ingest.Tests;

/// <summary>Counts what the whole process allocates, so nothing may run beside it.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class Alone;

/// <summary>Memory stays flat however long a line is.</summary>
[Collection("alone")]
public sealed class MemoryTests
{
    [Fact]
    public async Task Three_hundred_megabytes_on_one_line_do_not_fill_the_memory()
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        using var endless = new RepeatingStream((byte)'x', 300L << 20);
        var lines = new LineReader(endless, 16 << 20, 0, 0);
        var seen = 0L;
        do
        {
            while (lines.TryRead(out var line))
                seen = line.Length;
        } while (await lines.FillAsync(default));
        Assert.Equal(300L << 20, seen);
        // The limit's worth of buffer, doubled on its way up; nothing that grows with the line.
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 80 << 20);
    }

    private sealed class RepeatingStream(byte value, long length) : ForwardStream
    {
        private long _left = length;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = (int)Math.Min(buffer.Length, _left);
            buffer.Span[..count].Fill(value);
            _left -= count;
            return new(count);
        }
    }
}
