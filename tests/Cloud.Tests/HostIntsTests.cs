using System.Runtime.InteropServices;
using Temper.Plugins.TorchSharp;
using Temper.Tensors;

namespace Temper.Cloud.Tests;

/// <summary>Index tensors whose numbers the host knows; the handles are those of the processor's engine.</summary>
public sealed class HostIntsTests : IDisposable
{
    private readonly IEngine _engine = CpuEngine.Create(1);
    private readonly HostInts _ints = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void What_was_uploaded_in_one_piece_is_known()
    {
        using var positions = New(3);
        Write(positions, 7, 8, 9);
        Assert.Equal((int[])[7, 8, 9], _ints.Of(positions));
    }

    [Fact]
    public void A_second_upload_may_reach_others_through_shared_storage_so_nothing_is_known_any_more()
    {
        using var positions = New(2);
        using var other = New(2);
        Write(positions, 1, 2);
        Write(other, 3, 4);
        Write(other, 5, 6);
        Assert.Null(_ints.Of(positions));
        Assert.Null(_ints.Of(other));
    }

    [Fact]
    public void A_part_is_not_the_whole()
    {
        using var positions = New(3);
        Write(positions, 7);
        Assert.Null(_ints.Of(positions));
    }

    private Tensor New(long count)
    {
        var tensor = _engine.Empty(DType.I32, count);
        _ints.Made(tensor);
        return tensor;
    }

    private void Write(Tensor tensor, params int[] numbers) => _ints.Written(tensor, MemoryMarshal.AsBytes<int>(numbers));
}
