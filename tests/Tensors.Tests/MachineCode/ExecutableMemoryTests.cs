namespace Temper.Tensors.Tests;

public sealed unsafe class ExecutableMemoryTests
{
    [Fact]
    public void Code_is_never_writable_while_it_may_run()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Null(ProcessorUnit.Best);
            return;
        }

        using var memory = ExecutableMemory.Of([0xC3], out var refusal);
        Assert.NotNull(memory);
        Assert.Empty(refusal);
        Assert.Equal(0xC3, *memory.Start);
        var own = File.ReadLines("/proc/self/maps").Single(line => line.StartsWith($"{(nint)memory.Start:x8}-", StringComparison.Ordinal));
        Assert.Equal("r-xp", own.Split(' ')[1]);
    }

    [Fact]
    public void A_refusal_names_the_error_instead_of_failing()
    {
        if (!OperatingSystem.IsLinux()) return;
        Assert.Null(ExecutableMemory.Of([], out var refusal));
        Assert.Contains("mmap: error 22", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_machine_without_a_unit_says_what_is_missing() =>
        Assert.True(ProcessorUnit.Best is { Kind: MatrixUnitKind.Amx } || ProcessorUnit.Refusal.Length > 0);
}
