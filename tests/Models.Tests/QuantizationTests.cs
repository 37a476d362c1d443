using Temper.Testing;

namespace Temper.Models.Tests;

/// <summary>Codes and scales against tests/reference/quantization.py: bit by bit.</summary>
public sealed class QuantizationTests : IDisposable
{
    private readonly SafetensorsReader weights = SafetensorsReader.Open(TinyModel.DataPath("quantization/weights.safetensors"));
    private readonly SafetensorsReader golden = SafetensorsReader.Open(TinyModel.DataPath("quantization/golden.safetensors"));

    public void Dispose()
    {
        weights.Dispose();
        golden.Dispose();
    }

    public static TheoryData<string, FourBitKind, int> FourBitCases
    {
        get
        {
            var cases = new TheoryData<string, FourBitKind, int> { { "long", FourBitKind.NF4, 64 }, { "long", FourBitKind.FP4, 64 } };
            foreach (var name in new[] { "normal", "odd", "zeros", "ties" })
                foreach (var kind in Enum.GetValues<FourBitKind>())
                    foreach (var size in new[] { 64, 128 }) cases.Add(name, kind, size);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(FourBitCases))]
    public void Four_bit_codes_scales_and_numbers_are_those_of_bitsandbytes(string name, FourBitKind kind, int size)
    {
        var values = Floats(weights, name);
        var (codes, scales) = (new byte[(values.Length + 1) / 2], new float[(values.Length + size - 1) / size]);
        FourBit.Quantize(kind, values, size, codes, scales);
        var key = $"{name}.{kind}.{size}.".Replace("NF4", "nf4", StringComparison.Ordinal).Replace("FP4", "fp4", StringComparison.Ordinal);
        Assert.Equal(Bytes(key + "codes"), codes);
        Assert.Equal(Floats(golden, key + "absmax"), scales);
        if (golden.Find(key + "values") is null) return;
        var back = new float[values.Length];
        FourBit.Dequantize(kind, codes, scales, size, 0, back);
        Assert.Equal(Floats(golden, key + "values"), back);
        FourBit.Dequantize(kind, codes, scales, size, 33, back.AsSpan(0, 7));
        Assert.Equal(Floats(golden, key + "values")[33..40], back[..7]);
    }

    [Theory]
    [InlineData("normal")]
    [InlineData("long")]
    [InlineData("odd")]
    [InlineData("zeros")]
    public void Scales_quantised_again_are_those_of_bitsandbytes(string name)
    {
        Assert.Equal(Floats(golden, "map"), NestedScales.Map);
        var scales = Floats(golden, name + ".nf4.64.absmax");
        var nested = NestedScales.Of(scales);
        Assert.Equal(Bytes(name + ".nested.codes"), nested.Codes);
        Assert.Equal(Floats(golden, name + ".nested.absmax"), nested.Scales);
        Assert.Equal(Floats(golden, name + ".nested.offset")[0], nested.Offset);
        Assert.InRange(TinyModel.LargestDifference(scales, nested.Restore()), 0, scales.Max() * 0.02f);
    }

    [Theory]
    [InlineData("normal")]
    [InlineData("long")]
    [InlineData("odd")]
    [InlineData("zeros")]
    [InlineData("ties")]
    public void Eight_bit_rows_are_those_of_the_definition(string name)
    {
        var (values, columns) = (Floats(weights, name), (int)weights.Find(name)!.Shape[1]);
        var (codes, scales) = (new sbyte[values.Length], new float[values.Length / columns]);
        RowInt8.Quantize(values, columns, codes, scales);
        Assert.Equal(Bytes(name + ".int8.codes"), codes.Select(c => (byte)c));
        Assert.Equal(Floats(golden, name + ".int8.absmax"), scales);
    }

    [Fact]
    public void Errors_of_rounding_are_as_published()
    {
        var values = new float[1 << 18];
        Temper.Tensors.Philox.FillNormal(new Temper.Tensors.RandomKey(1, 0), values, 0, 0.02f);
        var (codes, scales, back) = (new byte[values.Length / 2], new float[values.Length / 64], new float[values.Length]);
        FourBit.Quantize(FourBitKind.NF4, values, 64, codes, scales);
        FourBit.Dequantize(FourBitKind.NF4, codes, scales, 64, 0, back);
        Assert.Equal(0.09203, Error(values, back), 3e-4);
        FourBit.Dequantize(FourBitKind.NF4, codes, NestedScales.Of(scales).Restore(), 64, 0, back);
        Assert.Equal(0.09204, Error(values, back), 3e-4);
        var (bytes, rows) = (new sbyte[values.Length], new float[values.Length / 512]);
        RowInt8.Quantize(values, 512, bytes, rows);
        RowInt8.Dequantize([.. bytes.Select(b => (byte)b)], rows, 512, 0, back);
        Assert.InRange(Error(values, back), 0.006, 0.009);
    }

    private static double Error(float[] values, float[] back) =>
        Math.Sqrt(values.Zip(back, (a, b) => Math.Pow((double)a - b, 2)).Sum() / values.Sum(a => (double)a * a));

    private byte[] Bytes(string name)
    {
        var tensor = golden.Find(name)!;
        var bytes = new byte[tensor.End - tensor.Begin];
        golden.ReadBytes(tensor, 0, bytes);
        return bytes;
    }

    private static float[] Floats(SafetensorsReader file, string name) => file.ReadFloats(file.Find(name)!);
}
