using Temper.Core.Safetensors;
using Temper.Tensors;
using Temper.Testing;

namespace Temper.Models.Tests;

/// <summary>Adapters on a base of four or eight bits.</summary>
public sealed class QloraTests : IDisposable
{
    private static readonly PackedBatch Batch = new([1, 5, 2, 9, 3, 3, 7, 4, 8], [5, 4]) { Supervised = [.. Enumerable.Repeat(true, 9)] };
    private readonly IEngine engine = CpuEngine.Create(threads: 2);
    private readonly TempFolder folder = new();

    public void Dispose()
    {
        engine.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_engine_holds_what_bitsandbytes_formula_gives_bit_for_bit(bool nested)
    {
        const int rows = 150, columns = 192;
        var values = new float[rows * columns];
        Philox.FillNormal(new RandomKey(3, 4), values, 0, 0.02f);
        values.AsSpan(columns, 64).Clear();
        var (codes, scales, expected) = (new byte[values.Length / 2], new float[values.Length / 64], new float[values.Length]);
        FourBit.Quantize(FourBitKind.NF4, values, 64, codes, scales);
        FourBit.Dequantize(FourBitKind.NF4, codes, nested ? NestedScales.Of(scales).Restore() : scales, 64, 0, expected);
        using var scope = engine.BeginScope();
        var frozen = engine.Freeze(nested ? FrozenForm.NF4Nested : FrozenForm.NF4, rows, columns, (first, target) => values.AsSpan((int)first * columns, target.Length).CopyTo(target));
        Assert.Equal(expected, engine.ToFloats(engine.Cast(frozen, DType.F32)));
    }

    [Theory]
    [InlineData(WeightForm.NF4, false)]
    [InlineData(WeightForm.NF4Nested, false)]
    [InlineData(WeightForm.NF4Nested, true)]
    [InlineData(WeightForm.Int8, true)]
    public void An_adapter_is_merged_into_the_numbers_that_it_was_trained_on(WeightForm form, bool dora)
    {
        using var exact = CpuEngine.CreateDouble();
        using var model = ExportModels.Make(engine, folder.Of("base"), "llama");
        using var narrow = model.LoadDecoder(exact, form: form);
        using var adapter = Adapter(narrow, new LoraConfig { Rank = 2, TargetModules = ["all-linear"], UseDora = dora });
        SafetensorsWriter.Write(folder.Of("merged.safetensors"), adapter.Merged(StoredType.F32));
        Directory.CreateDirectory(folder.Of("merged"));
        File.Move(folder.Of("merged.safetensors"), Path.Combine(folder.Of("merged"), "model.safetensors"));
        using var files = WeightFiles.Open(folder.Of("merged"));
        using var merged = Decoder.Load(exact, model.Config, files);
        var (with, without, whole) = (Logits(narrow, adapter), Logits(narrow, null), Logits(merged, null));
        Assert.True(with.Zip(without, (a, b) => Math.Abs(a - b)).Max() > 1e-3);
        Assert.InRange(with.Zip(whole, (a, b) => Math.Abs(a - b)).Max(), 0, 1e-5);
    }

    [Fact]
    public void A_module_that_is_kept_whole_begins_with_the_numbers_of_a_narrow_base()
    {
        using var model = ExportModels.Make(engine, folder.Of("base"), "llama");
        using var narrow = model.LoadDecoder(engine, form: WeightForm.NF4Nested);
        var module = narrow.Find("lm_head.weight") is null ? "model.norm" : "lm_head";
        using var adapter = LoraAdapter.Create(narrow, new LoraConfig { Rank = 2, TargetModules = ["q_proj"], ModulesToSave = [module] }, 1);
        Assert.Equal(Logits(narrow, null), Logits(narrow, adapter));
    }

    private static LoraAdapter Adapter(Decoder decoder, LoraConfig config)
    {
        var adapter = LoraAdapter.Create(decoder, config, 1);
        foreach (var (weight, site) in adapter.Weights.Select((w, i) => (w, i)))
            if (weight.Name.EndsWith("lora_B.weight", StringComparison.Ordinal))
            {
                var values = new float[weight.Tensor.Count];
                Philox.FillNormal(new RandomKey(7, 8, Site: (uint)site), values, 0, 0.1f);
                decoder.Engine.SetFloats(weight.Tensor, values);
            }
        return adapter;
    }

    private static double[] Logits(Decoder decoder, LoraAdapter? adapter)
    {
        using var frozen = decoder.Engine.NoGrad();
        using var scope = decoder.Engine.BeginScope();
        return decoder.Engine.ToDoubles(decoder.Logits(decoder.Hidden(Batch, new ForwardOptions { Adapter = adapter }), adapter));
    }
}
