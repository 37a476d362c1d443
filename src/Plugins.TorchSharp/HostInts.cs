using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Temper.Tensors;

namespace Temper.Plugins.TorchSharp;

/// <summary>Remembers the numbers of index tensors that came from the host: every layer checks positions, and asking a GPU for them would make it wait each time.</summary>
internal sealed class HostInts
{
    private static readonly object Mark = new();
    private readonly ConditionalWeakTable<Tensor, object> _fresh = [];
    private readonly ConditionalWeakTable<Tensor, int[]> _known = [];

    /// <summary>A tensor was made that nobody has written.</summary>
    public void Made(Tensor tensor) => _fresh.AddOrUpdate(tensor, Mark);

    /// <summary>Bytes go into a tensor. Where they are not the whole and first content of one, they may be those of another that shares its storage: then
    /// nothing is certain any more.</summary>
    public void Written(Tensor tensor, ReadOnlySpan<byte> source)
    {
        if (_fresh.Remove(tensor) && source.Length == tensor.ByteCount)
            _known.AddOrUpdate(tensor, MemoryMarshal.Cast<byte, int>(source).ToArray());
        else
            _known.Clear();
    }

    /// <summary>Null: only the device knows.</summary>
    public int[]? Of(Tensor tensor) => _known.TryGetValue(tensor, out var numbers) ? numbers : null;
}
