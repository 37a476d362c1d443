using TorchSharp;
using ScalarType = TorchSharp.torch.ScalarType;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

/// <summary>A weight [outputs, inputs] in a narrow form on the device: codes, and a scale for each group of inputs of an output.</summary>
/// <param name="codes">BF16: the numbers. Int8: [outputs, inputs'] signed bytes. NF4: [outputs, inputs' / 2] bytes, the earlier input in the upper half.
/// Inputs' is a multiple of the group.</param>
/// <param name="scales">[outputs, groups] f32; null for BF16.</param>
/// <param name="table">Of NF4: the two numbers of each of the 256 bytes, [256, 2].</param>
/// <param name="inputs">Inputs that count.</param>
internal sealed class NarrowWeight(T codes, T? scales, T? table, long inputs)
{
    /// <summary>Columns.</summary>
    public long Inputs => inputs;

    /// <summary>Rows.</summary>
    public long Outputs => codes.shape[0];

    /// <summary>What it is made of, for scopes and accounts.</summary>
    public IEnumerable<T> Parts => new[] { codes, scales, table }.OfType<T>();

    /// <summary>Whether it has all its numbers after all.</summary>
    public bool IsWide => codes.dtype == ScalarType.Float32;

    /// <summary>One weight of the rows of some, which are alike; the caller's scope owns it.</summary>
    public static NarrowWeight Joined(IReadOnlyList<NarrowWeight> parts) =>
        new(torch.cat([.. parts.Select(part => part.Codes)], 0), parts[0].Scales is null ? null : torch.cat([.. parts.Select(part => part.Scales!)], 0), parts[0].Table, parts[0].Inputs);

    /// <summary>All of it in f32; the caller's scope owns the result.</summary>
    public T Widen() => Widen(codes, scales);

    /// <summary>All of it as factors of that type, to be read and left: BF16 is kept as it is used.</summary>
    public T Widen(ScalarType type) => type == ScalarType.Float32 ? Widen() : type == codes.dtype ? codes : Widen().to_type(type);

    /// <summary>Some rows in f32.</summary>
    public T Rows(T index) => Widen(codes.index_select(0, index), scales?.index_select(0, index));

    private T Codes => codes;

    private T? Scales => scales;

    private T? Table => table;

    private T Widen(T rows, T? factors)
    {
        if (factors is null)
            return rows.to_type(ScalarType.Float32);
        var (count, groups) = (rows.shape[0], factors.shape[1]);
        var numbers = table is null ? rows.to_type(ScalarType.Float32) : table.index_select(0, rows.reshape(-1).to_type(ScalarType.Int32));
        return numbers.reshape(count, groups, -1).mul(factors.unsqueeze(2)).reshape(count, -1).narrow(1, 0, inputs).contiguous();
    }
}
