using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Core.Errors;
using Temper.Core.Safetensors;

namespace Temper.Models;

/// <summary>What bitsandbytes keeps about a four-bit tensor, as JSON in a U8 tensor.</summary>
/// <param name="Kind">nf4 or fp4.</param>
/// <param name="BlockSize">Elements per scale.</param>
/// <param name="Type">Type that the numbers had.</param>
/// <param name="Shape">Sizes that the tensor had.</param>
internal sealed record QuantState(FourBitKind Kind, int BlockSize, StoredType Type, long[] Shape)
{
    /// <summary>Scales per block when they are quantised once more; null when they are not.</summary>
    public int? NestedBlockSize { get; init; }

    /// <summary>The mean of the scales, then.</summary>
    public float NestedOffset { get; init; }

    /// <summary>Number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => checked(product * size));

    /// <summary>The ending of its tensor's name.</summary>
    public string Suffix => Kind == FourBitKind.NF4 ? ".quant_state.bitsandbytes__nf4" : ".quant_state.bitsandbytes__fp4";

    /// <summary>Reads the JSON.</summary>
    public static QuantState Parse(ReadOnlySpan<byte> json, string name)
    {
        var fields = JsonFields.Parse(json, name, "quantization_invalid");
        FourBitKind? kind = fields.Text("quant_type") switch
        {
            "nf4" => FourBitKind.NF4,
            "fp4" => FourBitKind.FP4,
            _ => null,
        };
        if (kind is null) fields.Report("quant_type", "is neither nf4 nor fp4");
        var size = fields.Required("blocksize", 1, 4096);
        if (!FourBit.BlockSizes.Contains(size)) fields.Report("blocksize", $"is {size}; there are {string.Join(", ", FourBit.BlockSizes)}");
        StoredType? type = fields.Text("dtype") switch
        {
            "float32" => StoredType.F32,
            "float16" => StoredType.F16,
            "bfloat16" => StoredType.BF16,
            _ => null,
        };
        if (type is null) fields.Report("dtype", "is not float32, float16 or bfloat16");
        if (fields.Find("nested_dtype") is not null && fields.Text("nested_dtype") != "float32") fields.Report("nested_dtype", "is not float32");
        var state = new QuantState(kind ?? default, size, type ?? default, ReadShape(fields))
        {
            NestedBlockSize = fields.Int("nested_blocksize", 1, 1 << 16),
            NestedOffset = (float)(fields.Number("nested_offset") ?? 0),
        };
        fields.ThrowIfAny();
        return state;
    }

    /// <summary>The JSON, in bitsandbytes' order.</summary>
    public byte[] ToJson()
    {
        var root = new JsonObject
        {
            ["quant_type"] = Kind == FourBitKind.NF4 ? "nf4" : "fp4",
            ["blocksize"] = BlockSize,
            ["dtype"] = ModelConfigJson.TypeName(Type),
            ["shape"] = new JsonArray([.. Shape.Select(size => (JsonNode)size)]),
        };
        if (NestedBlockSize is { } nested)
        {
            root["nested_blocksize"] = nested;
            root["nested_dtype"] = "float32";
            root["nested_offset"] = (double)NestedOffset;
        }

        return JsonSerializer.SerializeToUtf8Bytes(root);
    }

    private static long[] ReadShape(JsonFields fields)
    {
        UInt128 count = 1;
        var sizes = new List<long>();
        if (fields.Find("shape") is { ValueKind: JsonValueKind.Array } shape && shape.GetArrayLength() is > 0 and <= 8)
            foreach (var item in shape.EnumerateArray())
            {
                if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out var size) || size < 1 || (count *= (ulong)size) > int.MaxValue) break;
                sizes.Add(size);
            }

        if (sizes.Count == 0 || sizes.Count != fields.Find("shape")!.Value.GetArrayLength()) fields.Report("shape", "is not a list of sizes that can be counted");
        return [.. sizes];
    }
}
