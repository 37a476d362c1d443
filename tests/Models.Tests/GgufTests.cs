using System.Buffers.Binary;
using System.Text;
using Temper.Core.Errors;
using Temper.Tensors;
using Temper.Testing;

namespace Temper.Models.Tests;

public sealed class GgufTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string Target => folder.Of("x.gguf");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Every_kind_of_value_and_tensor_comes_back()
    {
        float[] numbers = [.. Enumerable.Range(0, 64).Select(i => (i - 20) / 8f)];
        FillFloats fill = (first, target) => numbers.AsSpan((int)first, target.Length).CopyTo(target);
        GgufWriter.Write(Target,
        [
            new("u", 7u), new("i", -7), new("f", 0.5f), new("b", true), new("s", "ü"), new("l", ulong.MaxValue), new("texts", new[] { "a", "" }), new("ints", new[] { 1, -1 }), new("floats", new[] { 1.5f }),
        ], [.. Enum.GetValues<GgufType>().Select(type => new GgufTensor($"{type}", type, [2, 32], fill)), new GgufTensor("one", GgufType.F32, [3], fill)]);
        using var file = GgufReader.Open(Target);
        Assert.Equal([7u, -7, 0.5f, true, "ü", ulong.MaxValue], file.Values.Values.Take(6));
        Assert.Equal(["a", ""], (object[])file.Values["texts"]);
        Assert.Equal([1, -1], (object[])file.Values["ints"]);
        foreach (var tensor in file.Tensors.Take(4))
            Assert.InRange(TinyModel.LargestDifference(numbers, file.ReadFloats(tensor)), 0, tensor.Type == GgufType.Q8_0 ? 0.5f * 5.375f / 127 + 0.002f : 0);
        Assert.All(file.Tensors, tensor => Assert.Equal(0, tensor.Offset % 32));
        Assert.Equal(0, new FileInfo(Target).Length % 32);
    }

    [Fact]
    public void Q8_0_has_the_bytes_of_ggmls_definition()
    {
        var bytes = new byte[34];
        float[] numbers = [.. Enumerable.Range(0, 32).Select(i => i == 3 ? -127f : i == 4 ? 0.5f : i == 5 ? -0.5f : i)];
        GgufTypes.FromFloats(GgufType.Q8_0, numbers, bytes);
        Assert.Equal((Half)1, BinaryPrimitives.ReadHalfLittleEndian(bytes));
        Assert.Equal([0, 1, 2, -127, 1, -1, 6], bytes[2..9].Select(b => (sbyte)b));
        GgufTypes.FromFloats(GgufType.Q8_0, new float[32], bytes);
        Assert.All(bytes, b => Assert.Equal(0, b));
    }

    [Fact]
    public void What_llama_cpp_computes_in_another_way_is_refused_by_name_all_at_once()
    {
        var config = TinyModel.Config with { MaxPositions = 64 };
        GgufLimits.Check(config);
        (ModelConfig Config, string Text)[] refused =
        [
            (config with { Activation = Act.GeluErf }, "activation is GeluErf"), (config with { ModelType = "qwen3", AttentionBias = true }, "biases of attention"), (config with { ModelType = "qwen2", MlpBias = true }, "feed-forward"),
            (config with { Head = ModelHead.Classification }, "does not predict tokens"), (config with { AttentionScaledByLayer = true }, "scales scores"),
            (config with { Rope = new() { Kind = RotaryKind.Yarn, Factor = 2, BetaFast = 16 } }, "beta_fast 32"), (config with { ModelType = "gemma2", Activation = Act.GeluTanh }, "always caps"),
            (config with { ModelType = "gemma2", Activation = Act.GeluTanh, AttentionSoftCap = 1, LogitSoftCap = 1, TieWordEmbeddings = true, SlidingWindow = 8 }, "every second block"),
        ];
        Assert.All(refused, one => Assert.Contains(one.Text, Assert.Throws<TemperException>(() => GgufLimits.Check(one.Config)).Message, StringComparison.Ordinal));
        Assert.Equal(3, Assert.Throws<TemperException>(() => GgufLimits.Check(config with { Activation = Act.Relu, Head = ModelHead.None, ScaledAttention = false })).Problems.Count);
    }

    [Fact]
    public void A_context_beyond_which_llama_cpp_computes_another_model_is_not_offered()
    {
        var config = TinyModel.Config with { MaxPositions = 64 };
        List<string> notes = [];
        Assert.Equal(64, GgufLimits.ContextLength(config, notes));
        Assert.Empty(notes);
        Assert.Equal(16, GgufLimits.ContextLength(config with { ModelType = "mistral", SlidingWindow = 16 }, notes));
        Assert.Equal(32, GgufLimits.ContextLength(config with { Rope = new() { Kind = RotaryKind.Dynamic, Factor = 2, OriginalPositions = 32 } }, notes));
        Assert.Equal(64, GgufLimits.ContextLength(config with { ModelType = "gemma2", SlidingWindow = 16 }, notes));
        Assert.Equal(2, notes.Count);
    }

    [Fact]
    public void A_number_too_large_for_its_type_is_refused()
    {
        foreach (var type in new[] { GgufType.F16, GgufType.Q8_0 })
            Assert.Equal("number_too_large", Assert.Throws<TemperException>(() => GgufWriter.Write(Target, [], [new GgufTensor("a", type, [32], (_, target) => target.Fill(1e7f))])).Code);
        GgufWriter.Write(Target, [], [new GgufTensor("a", GgufType.BF16, [32], (_, target) => target.Fill(1e7f))]);
    }

    public static TheoryData<string, string, string> Broken => new()
    {
        { "magic", "gguf_invalid", "does not begin with GGUF" },
        { "version", "gguf_version_unsupported", "it has version 2" },
        { "tensors", "gguf_truncated", "announces 18446744073709551615 tensors" },
        { "keys", "gguf_truncated", "announces 1152921504606846976 keys" },
        { "key_length", "gguf_truncated", "announces 281474976710656 characters" },
        { "key_twice", "gguf_invalid", "key 'k' stands in it twice" },
        { "kind", "gguf_invalid", "unknown kind 99" },
        { "bool", "gguf_invalid", "neither 0 nor 1" },
        { "array", "gguf_truncated", "announces 4294967296 items" },
        { "deep", "gguf_invalid", "nested too deep" },
        { "text", "gguf_invalid", "not UTF-8" },
        { "alignment", "gguf_invalid", "general.alignment is 3" },
        { "rank", "gguf_shape_invalid", "has 5 dimensions" },
        { "overflow", "gguf_shape_invalid", "more elements than can be counted" },
        { "type", "gguf_type_unknown", "element type 2" },
        { "q8", "gguf_shape_invalid", "rows of 8, which Q8_0 cannot store" },
        { "offset", "gguf_offset_invalid", "begins at 4" },
        { "outside", "gguf_truncated", "ends at byte 96" },
        { "overlap", "gguf_overlap", "'b' begins at 0" },
        { "name_twice", "gguf_invalid", "tensor 'a' stands in it twice" },
        { "cut", "gguf_truncated", "announces 1 tensors, 4 bytes are left" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_file_that_breaks_a_rule_is_refused_by_that_rule(string rule, string code, string text)
    {
        File.WriteAllBytes(Target, Break(rule));
        var error = Assert.Throws<TemperException>(() => GgufReader.Open(Target));
        Assert.Equal(code, error.Code);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
        Assert.Equal(Target, error.Problems[0].File);
    }

    [Fact]
    public void No_damage_to_a_valid_file_does_worse_than_a_named_error()
    {
        GgufWriter.Write(Target, [new("k", "v"), new("texts", new[] { "a", "b" }), new("n", 3u)],
            [new GgufTensor("a", GgufType.F32, [2, 3], (_, target) => target.Fill(1)), new GgufTensor("b", GgufType.Q8_0, [32], (_, target) => target.Fill(1))]);
        var good = File.ReadAllBytes(Target);
        Fuzzing.Run("gguf", 1500, key =>
        {
            File.WriteAllBytes(Target, Fuzzing.Damage(good, key));
            try
            {
                using var file = GgufReader.Open(Target);
                foreach (var tensor in file.Tensors) file.ReadFloats(tensor);
            }
            catch (TemperException e)
            {
                Assert.StartsWith("gguf_", e.Code, StringComparison.Ordinal);
            }
        });
    }

    [Fact]
    public void A_file_that_was_not_written_as_meant_never_gets_its_name()
    {
        var calls = 0;
        var error = Assert.Throws<TemperException>(() => GgufWriter.Write(Target, [], [new GgufTensor("a", GgufType.F32, [4], (_, target) => target.Fill(calls++))]));
        Assert.Equal("export_verification_failed", error.Code);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    private static byte[] Break(string rule)
    {
        using var stream = new MemoryStream();
        var w = new BinaryWriter(stream);
        void Text(string text)
        {
            w.Write((ulong)Encoding.UTF8.GetByteCount(text));
            w.Write(Encoding.UTF8.GetBytes(text));
        }

        void Tensor(string name, uint rank, ulong size, uint type, ulong offset)
        {
            Text(name);
            w.Write(rank);
            for (var i = 0; i < rank; i++) w.Write(size);
            w.Write(type);
            w.Write(offset);
        }

        string[] withKeys = ["key_length", "key_twice", "kind", "bool", "array", "deep", "text", "alignment"], withTwo = ["overlap", "name_twice"];
        w.Write(rule == "magic" ? 1u : GgufWriter.Magic);
        w.Write(rule == "version" ? 2u : 3u);
        w.Write(rule switch { "tensors" => ulong.MaxValue, _ when withKeys.Contains(rule) => 0UL, _ when withTwo.Contains(rule) => 2UL, _ => 1UL });
        w.Write(rule switch { "keys" => 1UL << 60, "key_twice" => 2UL, _ when withKeys.Contains(rule) => 1UL, _ => 0UL });
        if (rule == "cut") return stream.ToArray()[..20];
        if (withKeys.Contains(rule)) Value(rule, w, Text);
        else if (withTwo.Contains(rule))
        {
            Tensor("a", 1, 8, 0, 0);
            Tensor(rule == "name_twice" ? "a" : "b", 1, 8, 0, rule == "name_twice" ? 32UL : 0);
        }
        else Tensor("a", rule is "rank" ? 5u : rule is "overflow" ? 4u : 1u, rule is "overflow" ? 1UL << 40 : 8, rule is "type" ? 2u : rule is "q8" ? 8u : 0, rule is "offset" ? 4UL : rule is "outside" ? 64UL : 0);
        w.Write(new byte[(32 - stream.Length % 32) % 32 + 64]);
        return stream.ToArray();
    }

    private static void Value(string rule, BinaryWriter w, Action<string> text)
    {
        if (rule == "key_length")
        {
            w.Write(1UL << 48);
            return;
        }

        text(rule == "alignment" ? "general.alignment" : "k");
        w.Write(rule switch { "kind" => 99u, "bool" => 7u, "array" or "deep" => 9u, "text" => 8u, _ => 4u });
        if (rule == "bool") w.Write((byte)2);
        else if (rule is "array") (new Action(() => { w.Write(4u); w.Write(1UL << 32); }))();
        else if (rule is "deep")
            for (var i = 0; i < 8; i++)
            {
                w.Write(9u);
                w.Write(1UL);
            }
        else if (rule is "text")
        {
            w.Write(1UL);
            w.Write((byte)0xFF);
        }
        else w.Write(3u);
        if (rule != "key_twice") return;
        text("k");
        w.Write(4u);
        w.Write(3u);
    }
}
