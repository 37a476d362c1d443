using Temper.Core.Errors;
using Temper.Core.Safetensors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>Finds tensors of bitsandbytes among those of a model's files and stands between: to the rest of the product they have their own shape, and
/// reading them gives numbers.</summary>
internal static class QuantizedWeights
{
    private const string StateMark = ".quant_state.bitsandbytes__";
    private static readonly string[] Parts = [".absmax", ".quant_map", ".nested_absmax", ".nested_quant_map"];

    /// <summary>Replaces the parts of quantised tensors by one entry each.</summary>
    public static void Join(Dictionary<string, StoredWeight> weights, string folder)
    {
        foreach (var name in weights.Keys.Where(key => key.Contains(StateMark, StringComparison.Ordinal)).ToArray())
            weights[name[..name.IndexOf(StateMark, StringComparison.Ordinal)]] = FourBitWeight(weights, name, folder);
        foreach (var name in weights.Keys.Where(key => key.EndsWith(".SCB", StringComparison.Ordinal)).ToArray())
            weights[name[..^4] + ".weight"] = EightBitWeight(weights, name[..^4], folder);
    }

    private static StoredWeight FourBitWeight(Dictionary<string, StoredWeight> weights, string stateName, string folder)
    {
        var name = stateName[..stateName.IndexOf(StateMark, StringComparison.Ordinal)];
        var state = QuantState.Parse(Take(weights, stateName, StoredType.U8, null, folder), stateName);
        if (stateName != name + state.Suffix) throw Bad(folder, $"'{stateName}' says {state.Kind}");
        var blocks = (state.Count + state.BlockSize - 1) / state.BlockSize;
        var table = Floats(Take(weights, name + Parts[1], StoredType.F32, 16, folder));
        var scales = state.NestedBlockSize is { } size
            ? new NestedScales(Take(weights, name + Parts[0], StoredType.U8, blocks, folder), Floats(Take(weights, name + Parts[2], StoredType.F32, (blocks + size - 1) / size, folder)), state.NestedOffset, size)
                .Restore(Floats(Take(weights, name + Parts[3], StoredType.F32, 256, folder)))
            : Floats(Take(weights, name + Parts[0], StoredType.F32, blocks, folder));
        if (!table.SequenceEqual(FourBit.Table(state.Kind))) throw Bad(folder, $"'{name}.quant_map' is not the table of {state.Kind}");
        if (!weights.TryGetValue(name, out var codes) || codes.Tensor.Type != StoredType.U8 || codes.Tensor.Count != (state.Count + 1) / 2)
            throw Bad(folder, $"'{name}' does not hold the {(state.Count + 1) / 2} bytes of its shape");
        return new StoredWeight(new StoredTensor(name, state.Type, state.Shape, 0, state.Count * state.Type.Bytes()), codes.File, (first, target) =>
        {
            var bytes = new byte[(int)((first + target.Length + 1) / 2 - first / 2)];
            codes.File.ReadBytes(codes.Tensor, first / 2, bytes);
            FourBit.Dequantize(state.Kind, bytes, scales, state.BlockSize, first, target, first / 2 * 2);
        })
        {
            // A block that lies within a row; its largest number has the code 1 or -1, so that rounding again finds the same scale.
            Form = state.Kind == FourBitKind.NF4 && state.BlockSize == 64 && state.Shape is [_, var columns] && columns % 64 == 0 ? FrozenForm.NF4 : null,
        };
    }

    private static StoredWeight EightBitWeight(Dictionary<string, StoredWeight> weights, string path, string folder)
    {
        var name = path + ".weight";
        if (!weights.TryGetValue(name, out var codes) || codes.Tensor.Type != StoredType.I8 || codes.Tensor.Shape is not [var rows, var columns])
            throw Bad(folder, $"'{path}.SCB' stands without an I8 matrix '{name}'");
        var scales = Floats(Take(weights, path + ".SCB", StoredType.F32, rows, folder));
        if (weights.ContainsKey(path + ".weight_format") && Take(weights, path + ".weight_format", StoredType.U8, 1, folder)[0] != 0)
            throw Bad(folder, $"'{path}.weight_format' is not 0 (rows in order)");
        return new StoredWeight(new StoredTensor(name, StoredType.F32, codes.Tensor.Shape, 0, codes.Tensor.Count * 4), codes.File, (first, target) =>
        {
            var bytes = new byte[target.Length];
            codes.File.ReadBytes(codes.Tensor, first, bytes);
            RowInt8.Dequantize(bytes, scales, (int)columns, first, target);
        });
    }

    /// <summary>Takes a part out of the set and reads it.</summary>
    private static byte[] Take(Dictionary<string, StoredWeight> weights, string name, StoredType type, long? count, string folder)
    {
        if (!weights.Remove(name, out var part)) throw Bad(folder, $"'{name}' is missing");
        if (part.Tensor.Type != type || (count is { } expected && part.Tensor.Count != expected))
            throw Bad(folder, $"'{name}' holds {part.Tensor.Count} {part.Tensor.Type}, expected {count?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "some"} {type}");
        var bytes = new byte[part.Tensor.End - part.Tensor.Begin];
        part.File.ReadBytes(part.Tensor, 0, bytes);
        return bytes;
    }

    private static float[] Floats(byte[] bytes)
    {
        var values = new float[bytes.Length / 4];
        StoredNumbers.ToFloats(StoredType.F32, bytes, values);
        return values;
    }

    private static TemperException Bad(string folder, string what) => new("quantization_invalid", $"Reading {folder}: {what}.");
}
