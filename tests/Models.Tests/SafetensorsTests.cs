using System.Buffers.Binary;
using System.Text;
using Temper.Core.Errors;
using Temper.Core.Safetensors;
using Temper.Tensors;
using Temper.Testing;

namespace Temper.Models.Tests;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string File => folder.Of("x.safetensors");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("", 0, "safetensors_header_invalid", "does not begin with '{'")]
    [InlineData(" {}", 0, "safetensors_header_invalid", "does not begin with '{'")]
    [InlineData("[]", 0, "safetensors_header_invalid", "does not begin with '{'")]
    [InlineData("{\"a\":", 0, "safetensors_header_invalid", "not JSON")]
    [InlineData("{} {}", 0, "safetensors_header_invalid", "not JSON")]
    [InlineData("{\"a\":3}", 0, "safetensors_header_invalid", "'a' is not an object")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "safetensors_header_invalid", "needs dtype, shape and two data_offsets")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, "safetensors_header_invalid", "needs dtype, shape and two data_offsets")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"strides\":[1]}}", 4, "safetensors_header_invalid", "unknown or repeated key 'strides'")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "safetensors_header_invalid", "unknown or repeated key 'dtype'")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "safetensors_duplicate_name", "'a'")]
    [InlineData("{\"a\":{\"dtype\":\"F8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "safetensors_dtype_unknown", "'F8'")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "safetensors_shape_invalid", "not a whole number")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}", 4, "safetensors_shape_invalid", "not a whole number")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[9223372036854775807,9223372036854775807],\"data_offsets\":[0,4]}}", 4, "safetensors_shape_invalid", "more bytes than can be counted")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}", 0, "safetensors_shape_invalid", "more bytes than can be counted")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "safetensors_size_mismatch", "takes 8 bytes, its range is 0 to 4")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, "safetensors_size_mismatch", "its range is 4 to 0")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "safetensors_overlap", "'b' begins at 4")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "safetensors_hole", "bytes 0 to 4 before 'a'")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 7, "safetensors_hole", "bytes 4 to 7 at the end")]
    [InlineData("{}", 1, "safetensors_hole", "at the end belong to no tensor")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 5, "safetensors_truncated", "end at byte 8 of the data, the file at 5")]
    [InlineData("{\"__metadata__\":{\"a\":1}}", 0, "safetensors_header_invalid", "is not one string")]
    [InlineData("{\"__metadata__\":[]}", 0, "safetensors_header_invalid", "__metadata__ is not an object")]
    [InlineData("{\"\\ud800\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "safetensors_header_invalid", "not JSON")]
    public void A_header_that_breaks_a_rule_is_refused_by_that_rule(string header, int dataBytes, string code, string text)
    {
        Write(Encoding.UTF8.GetBytes(header), dataBytes);
        Refused(code, text);
    }

    [Theory]
    [InlineData(0UL, "safetensors_header_invalid", "does not begin")]
    [InlineData(100UL, "safetensors_too_short", "announces 100 bytes, 2 are there")]
    [InlineData(100_000_001UL, "safetensors_header_too_large", "announces 100000001")]
    [InlineData(1UL << 63, "safetensors_header_too_large", "announces 9223372036854775808")]
    [InlineData(ulong.MaxValue, "safetensors_header_too_large", "announces")]
    public void A_header_length_that_lies_is_refused_before_anything_is_read(ulong length, string code, string text)
    {
        var bytes = new byte[10];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        "{}"u8.CopyTo(bytes.AsSpan(8));
        System.IO.File.WriteAllBytes(File, bytes);
        Refused(code, text);
    }

    [Fact]
    public void A_file_of_a_few_bytes_and_bytes_that_are_not_text_are_refused()
    {
        System.IO.File.WriteAllBytes(File, [1, 2, 3]);
        Refused("safetensors_too_short", "has 3 bytes");
        Write([(byte)'{', 0xFF, (byte)'}'], 0);
        Refused("safetensors_header_invalid", "not UTF-8");
        Write(Encoding.UTF8.GetBytes("{\"a\":" + new string('[', 10_000)), 0);
        Refused("safetensors_header_invalid", "");
        Assert.Equal("model_file_missing", Assert.Throws<TemperException>(() => SafetensorsReader.Open(folder.Of("none"))).Code);
    }

    [Fact]
    public void Many_tensors_odd_names_scalars_and_empty_shapes_are_fine()
    {
        SafetensorsWriter.Write(File, Enumerable.Range(0, 20_000).Select(i => TensorSource.Of($"../{i}\u00e9\"", [], [i]))
            .Append(TensorSource.Of("empty", [0, 5], [])).Append(TensorSource.Of("nan", [2], [float.NaN, float.NegativeInfinity])));
        using var reader = SafetensorsReader.Open(File);
        Assert.Equal(20_002, reader.Tensors.Count);
        Assert.Equal([19_999f], reader.ReadFloats(reader.Find("../19999\u00e9\"")!));
        Assert.Empty(reader.ReadFloats(reader.Find("empty")!));
        Assert.True(float.IsNaN(reader.ReadFloats(reader.Find("nan")!)[0]));
        Assert.Equal("pt", reader.Metadata["format"]);
    }

    [Fact]
    public void What_is_written_has_the_bytes_of_the_reference_implementation()
    {
        SafetensorsWriter.Write(File,
        [
            TensorSource.Of("b", [1], [1]), TensorSource.Of("a", [2], [1, 2]), TensorSource.Of("h", [1], [1], StoredType.F16), TensorSource.Of("g", [1], [1], StoredType.BF16),
            new TensorSource("i", StoredType.I64, [1], (_, target) => target.Clear()), new TensorSource("t", StoredType.Bool, [1], (_, target) => target[0] = 1),
        ]);
        var bytes = System.IO.File.ReadAllBytes(File);
        const string Header = """{"__metadata__":{"format":"pt"},"i":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},"b":{"dtype":"F32","shape":[1],"data_offsets":[16,20]},"g":{"dtype":"BF16","shape":[1],"data_offsets":[20,22]},"h":{"dtype":"F16","shape":[1],"data_offsets":[22,24]},"t":{"dtype":"BOOL","shape":[1],"data_offsets":[24,25]}}""";
        var length = (Header.Length + 7) / 8 * 8;
        Assert.Equal((ulong)length, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        Assert.Equal(Header.PadRight(length), Encoding.UTF8.GetString(bytes, 8, length));
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 0, 0, 0x80, 0x3F, 0x80, 0x3F, 0, 0x3C, 1], bytes[(8 + length)..]);
    }

    [Theory]
    [InlineData(StoredType.F32)]
    [InlineData(StoredType.BF16)]
    [InlineData(StoredType.F16)]
    public void Numbers_come_back_as_they_were_written_and_in_pieces(StoredType type)
    {
        var values = new float[600_001];
        Philox.FillNormal(new RandomKey(1, 0), values, 0, 100);
        SafetensorsWriter.Write(File, [TensorSource.Of("x", [values.Length], values, type)]);
        using var reader = SafetensorsReader.Open(File);
        var all = reader.ReadFloats(reader.Tensors[0]);
        var worst = values.Zip(all, (v, a) => MathF.Abs(v - a) / MathF.Abs(v)).Max();
        Assert.InRange(worst, 0, type switch { StoredType.F32 => 0, StoredType.BF16 => 1f / 256, _ => 1f / 1024 });
        var piece = new float[7];
        reader.ReadFloats(reader.Tensors[0], 599_990, piece);
        Assert.Equal(all[599_990..599_997], piece);
        Assert.ThrowsAny<ArgumentException>(() => reader.ReadFloats(reader.Tensors[0], 599_999, piece));
    }

    [Fact]
    public void Rounding_to_bfloat16_is_to_nearest_with_ties_to_even()
    {
        float[] values = [1.00390625f, 1.01171875f, float.MaxValue, float.NaN, -0f, float.PositiveInfinity];
        SafetensorsWriter.Write(File, [TensorSource.Of("x", [values.Length], values, StoredType.BF16)]);
        using var reader = SafetensorsReader.Open(File);
        Assert.Equal([1f, 1.015625f, float.PositiveInfinity, float.NaN, -0f, float.PositiveInfinity], reader.ReadFloats(reader.Tensors[0]));
    }

    [Fact]
    public void A_writer_that_fails_leaves_the_old_file()
    {
        SafetensorsWriter.Write(File, [TensorSource.Of("x", [1], [7])]);
        Assert.Throws<InvalidOperationException>(() => SafetensorsWriter.Write(File, [TensorSource.Numbers("x", StoredType.F32, [1], (_, _) => throw new InvalidOperationException("stop"))]));
        using var reader = SafetensorsReader.Open(File);
        Assert.Equal([7f], reader.ReadFloats(reader.Tensors[0]));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void No_damage_to_a_valid_file_does_worse_than_a_named_error()
    {
        SafetensorsWriter.Write(File, [TensorSource.Of("a", [2, 3], [1, 2, 3, 4, 5, 6]), TensorSource.Of("b", [4], [1, 2, 3, 4], StoredType.F16)]);
        var good = System.IO.File.ReadAllBytes(File);
        Fuzzing.Run("safetensors", 1500, key =>
        {
            System.IO.File.WriteAllBytes(File, Fuzzing.Damage(good, key));
            try
            {
                using var reader = SafetensorsReader.Open(File);
                foreach (var tensor in reader.Tensors) reader.ReadBytes(tensor, 0, new byte[tensor.End - tensor.Begin]);
            }
            catch (TemperException e)
            {
                Assert.StartsWith("safetensors_", e.Code, StringComparison.Ordinal);
            }
        });
    }

    private void Write(byte[] header, int dataBytes)
    {
        var bytes = new byte[8 + header.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)header.Length);
        header.CopyTo(bytes, 8);
        System.IO.File.WriteAllBytes(File, bytes);
    }

    private void Refused(string code, string text)
    {
        var error = Assert.Throws<TemperException>(() => SafetensorsReader.Open(File));
        Assert.Equal(code, error.Code);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
        Assert.Equal(File, error.Problems[0].File);
    }
}
