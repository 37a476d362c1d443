using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Core.Errors;
using Temper.Core.Files;
using Temper.Core.Safetensors;

namespace Temper.Models;

/// <summary>How the linear layers of a model are quantised.</summary>
public enum QuantizationKind
{
    /// <summary>Four bits, normal quantiles.</summary>
    NF4,

    /// <summary>Four bits, floating.</summary>
    FP4,

    /// <summary>Eight bits with a scale per row, weights alone.</summary>
    Int8,
}

/// <summary>Writes a model with quantised linear layers in bitsandbytes' layout. Embeddings, norms, biases and the output layer stay as they are.</summary>
/// <param name="Kind">Number format.</param>
/// <param name="DoubleQuantization">Whether the scales are quantised once more (four bits only).</param>
/// <param name="BlockSize">Elements per scale (four bits only).</param>
public sealed record QuantizedModel(QuantizationKind Kind, bool DoubleQuantization = true, int BlockSize = 64)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Writes the folder: quantised weights, config.json with quantization_config, all other files as they are.</summary>
    /// <exception cref="TemperException">Code <c>export_verification_failed</c> when the files, read back, do not hold the quantised numbers.</exception>
    public void Save(ModelFolder model, string folder)
    {
        if (JsonNode.Parse(ModelFolder.ReadFile(model.Path, "config.json"))?["quantization_config"] is not null)
            throw new TemperException("usage", $"{model.Path} is quantised already; rounding it a second time would lose more.", "Quantise the model that it was made from.");
        if (model.Config.Family.Transposed)
            throw new TemperException("not_supported_yet", $"Quantising {model.Path}: matrices of {model.Config.ModelType} lie the other way round in its files, and no program reads such files quantised.", "Export it to GGUF instead: --to gguf --dtype q8_0.");
        var linear = DecoderLayout.LinearModules(model.Config).Select(m => m.Path + ".weight").ToHashSet(StringComparer.Ordinal);
        model.SaveAs(folder, DecoderLayout.Slots(model.Config).SelectMany(slot => linear.Contains(slot.Name) ? Quantize(model, slot) : [Plain(model, slot)]));
        var file = Path.Combine(folder, "config.json");
        var config = JsonNode.Parse(File.ReadAllBytes(file))!.AsObject();
        config[config.ContainsKey("dtype") ? "dtype" : "torch_dtype"] = ModelConfigJson.TypeName(model.Config.WeightType);
        config["quantization_config"] = Settings(model.Config);
        DurableFile.Write(file, JsonSerializer.SerializeToUtf8Bytes(config, Indented));
        Verify(model, folder, linear);
    }

    private static TensorSource Plain(ModelFolder model, WeightSlot slot) =>
        TensorSource.Numbers(slot.Name, model.Config.WeightType, slot.Shape, model.Numbers(slot));

    private IEnumerable<TensorSource> Quantize(ModelFolder model, WeightSlot slot)
    {
        var values = Read(model.Numbers(slot), slot);
        if (Kind == QuantizationKind.Int8)
        {
            var (codes, rows) = (new sbyte[values.Length], new float[slot.Shape[0]]);
            RowInt8.Quantize(values, (int)slot.Shape[1], codes, rows);
            yield return Bytes(slot.Name, StoredType.I8, slot.Shape, Array.ConvertAll(codes, code => (byte)code));
            yield return TensorSource.Of(slot.Name[..^"weight".Length] + "SCB", [rows.Length], rows);
            yield return Bytes(slot.Name[..^"weight".Length] + "weight_format", StoredType.U8, [], [0]);
            yield break;
        }

        var kind = Kind == QuantizationKind.NF4 ? FourBitKind.NF4 : FourBitKind.FP4;
        var (packed, scales) = (new byte[(values.Length + 1) / 2], new float[(values.Length + BlockSize - 1) / BlockSize]);
        FourBit.Quantize(kind, values, BlockSize, packed, scales);
        var state = new QuantState(kind, BlockSize, model.Config.WeightType, slot.Shape);
        if (DoubleQuantization)
        {
            var nested = NestedScales.Of(scales);
            state = state with { NestedBlockSize = nested.BlockSize, NestedOffset = nested.Offset };
            yield return Bytes(slot.Name + ".absmax", StoredType.U8, [scales.Length], nested.Codes);
            yield return TensorSource.Of(slot.Name + ".nested_absmax", [nested.Scales.Length], nested.Scales);
            yield return TensorSource.Of(slot.Name + ".nested_quant_map", [256], [.. NestedScales.Map]);
        }
        else yield return TensorSource.Of(slot.Name + ".absmax", [scales.Length], scales);

        yield return Bytes(slot.Name, StoredType.U8, [packed.Length, 1], packed);
        yield return TensorSource.Of(slot.Name + ".quant_map", [16], [.. FourBit.Table(kind)]);
        var json = state.ToJson();
        yield return Bytes(slot.Name + state.Suffix, StoredType.U8, [json.Length], json);
    }

    private JsonObject Settings(ModelConfig config)
    {
        var settings = new JsonObject
        {
            ["quant_method"] = "bitsandbytes",
            ["load_in_4bit"] = Kind != QuantizationKind.Int8,
            ["load_in_8bit"] = Kind == QuantizationKind.Int8,
            ["llm_int8_skip_modules"] = new JsonArray("lm_head"),
        };
        if (Kind == QuantizationKind.Int8) return settings;
        settings["bnb_4bit_quant_type"] = Kind == QuantizationKind.NF4 ? "nf4" : "fp4";
        settings["bnb_4bit_use_double_quant"] = DoubleQuantization;
        settings["bnb_4bit_compute_dtype"] = ModelConfigJson.TypeName(config.WeightType);
        settings["bnb_4bit_quant_storage"] = "uint8";
        return settings;
    }

    /// <summary>Quantising is done again from the base, and what the files give must be its numbers, bit by bit.</summary>
    private void Verify(ModelFolder model, string folder, HashSet<string> linear)
    {
        using var written = WeightFiles.Open(folder);
        foreach (var slot in DecoderLayout.Slots(model.Config).Where(slot => linear.Contains(slot.Name)))
        {
            var (values, found) = (Read(model.Numbers(slot), slot), Read((first, target) => written.ReadFloats(slot.Name, first, target), slot));
            if (Kind == QuantizationKind.Int8)
            {
                var (codes, rows) = (new sbyte[values.Length], new float[slot.Shape[0]]);
                RowInt8.Quantize(values, (int)slot.Shape[1], codes, rows);
                RowInt8.Dequantize(Array.ConvertAll(codes, code => (byte)code), rows, (int)slot.Shape[1], 0, values);
            }
            else
            {
                var kind = Kind == QuantizationKind.NF4 ? FourBitKind.NF4 : FourBitKind.FP4;
                var (packed, scales) = (new byte[(values.Length + 1) / 2], new float[(values.Length + BlockSize - 1) / BlockSize]);
                FourBit.Quantize(kind, values, BlockSize, packed, scales);
                FourBit.Dequantize(kind, packed, DoubleQuantization ? NestedScales.Of(scales).Restore() : scales, BlockSize, 0, values);
            }

            if (!values.AsSpan().SequenceEqual(found)) throw new TemperException("export_verification_failed", $"Reading {folder} back: '{slot.Name}' holds other numbers than were written.");
        }
    }

    private static float[] Read(FillFloats numbers, WeightSlot slot)
    {
        var values = new float[slot.Shape.Aggregate(1L, (product, size) => checked(product * size))];
        numbers(0, values);
        return values;
    }

    private static TensorSource Bytes(string name, StoredType type, IReadOnlyList<long> shape, byte[] bytes) =>
        new(name, type, shape, (first, target) => bytes.AsSpan((int)first, target.Length).CopyTo(target));
}
