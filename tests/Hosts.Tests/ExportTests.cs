using System.Text.Json;
using Temper.Core.Ids;
using Temper.Core.Safetensors;
using Temper.Models;
using Temper.Tensors;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>merge, export and quantize: the real program on real folders and on models of a server.</summary>
public sealed class ExportTests : IDisposable
{
    private readonly TinyWorld _world = new();
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        _world.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_adapter_in_a_folder_is_merged_into_its_base_and_every_file_is_named_with_its_digest()
    {
        MakeAdapter("adapter");
        var output = await RunAsync(0, "merge", _world.Base, "--adapter", _folder.Of("adapter"), _folder.Of("merged"), "--json");
        Assert.Equal("F32", output.GetProperty("dtype").GetString());
        foreach (var file in output.GetProperty("files").EnumerateArray())
        {
            var bytes = File.ReadAllBytes(Path.Combine(_folder.Of("merged"), file.GetProperty("path").GetString()!));
            Assert.Equal((bytes.Length, Digest.Of(bytes).Hex), (file.GetProperty("size").GetInt32(), file.GetProperty("sha256").GetString()));
        }
        using var plain = WeightFiles.Open(_world.Base);
        using var merged = WeightFiles.Open(_folder.Of("merged"));
        using var adapter = SafetensorsReader.Open(_folder.Of("adapter", "adapter_model.safetensors"));
        const string Module = "model.layers.1.mlp.down_proj";
        var (a, b) = (adapter.ReadFloats(adapter.Find($"base_model.model.{Module}.lora_A.weight")!), adapter.ReadFloats(adapter.Find($"base_model.model.{Module}.lora_B.weight")!));
        var (before, after) = (Read(plain, Module), Read(merged, Module));
        for (var i = 0; i < after.Length; i++)
        {
            var (row, column) = (i / 64, i % 64);
            Assert.Equal((float)(before[i] + 2.0 * (((double)b[row * 2] * a[column]) + ((double)b[(row * 2) + 1] * a[64 + column]))), after[i]);
        }
        Assert.NotEqual(before, after);
        Assert.Equal(["adapter", "merged"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task What_is_there_is_replaced_only_when_asked_and_only_when_it_is_a_models_folder()
    {
        MakeAdapter("adapter");
        string[] merge = ["merge", _world.Base, "--adapter", _folder.Of("adapter"), _folder.Of("out"), "--json"];
        Directory.CreateDirectory(_folder.Of("out"));
        File.WriteAllText(_folder.Of("out", "precious"), "");
        Assert.Equal("output_exists", await CodeAsync(6, merge));
        Assert.Equal("output_exists", await CodeAsync(6, [.. merge, "--force"]));
        File.Delete(_folder.Of("out", "precious"));
        await RunAsync(0, merge);
        Assert.Equal("output_exists", await CodeAsync(6, merge));
        await RunAsync(0, [.. merge, "--force", "--dtype", "bf16"]);
        using var merged = ModelFolder.Open(_folder.Of("out"), checkFinite: true);
        Assert.Equal(StoredType.BF16, merged.Config.WeightType);
    }

    [Fact]
    public async Task A_damaged_adapter_leaves_nothing_behind()
    {
        MakeAdapter("adapter", _ => float.NaN);
        Assert.Equal("merge_not_finite", await CodeAsync(7, "merge", _world.Base, "--adapter", _folder.Of("adapter"), _folder.Of("merged"), "--json"));
        Assert.Equal(["adapter"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData(null, GgufType.F32)]
    [InlineData("Q8_0", GgufType.Q8_0)]
    [InlineData("bf16", GgufType.BF16)]
    public async Task A_model_is_exported_as_one_file_for_llama_cpp(string? asked, GgufType type)
    {
        var output = await RunAsync(0, ["export", _world.Base, "--to", "gguf", _folder.Of("base.gguf"), "--json", .. asked is null ? Array.Empty<string>() : ["--dtype", asked]]);
        Assert.Equal(type.ToString(), output.GetProperty("dtype").GetString());
        Assert.Equal(Digest.Of(File.ReadAllBytes(_folder.Of("base.gguf"))).Hex, output.GetProperty("digest").GetString());
        using var file = GgufReader.Open(_folder.Of("base.gguf"));
        Assert.Equal(type, file.Find("blk.0.attn_q.weight")!.Type);
    }

    [Fact]
    public async Task A_model_is_quantised_and_still_opens()
    {
        var output = await RunAsync(0, "quantize", _world.Base, "--to", "nf4", "--double", _folder.Of("small"), "--json");
        Assert.Equal("NF4", output.GetProperty("dtype").GetString());
        using var small = ModelFolder.Open(_folder.Of("small"), checkFinite: true);
        Assert.Equal("usage", await CodeAsync(2, "quantize", _world.Base, "--to", "int8", "--double", _folder.Of("other"), "--json"));
        Assert.Equal("usage", await CodeAsync(2, "quantize", _world.Base, "--to", "int3", _folder.Of("other"), "--json"));
        await RunAsync(0, "export", _folder.Of("small"), "--to", "merged", _folder.Of("whole"), "--json");
        using var whole = SafetensorsReader.Open(_folder.Of("whole", "model.safetensors"));
        Assert.DoesNotContain(whole.Tensors, t => t.Type == StoredType.U8);
    }

    [Fact]
    public async Task What_cannot_be_is_said_with_a_remedy()
    {
        MakeAdapter("adapter");
        Assert.Equal("model_not_found", await CodeAsync(1, "merge", "./nowhere", _folder.Of("out"), "--json"));
        Assert.Equal("usage", await CodeAsync(2, "merge", _world.Base, _folder.Of("out"), "--json"));
        Assert.Equal("usage", await CodeAsync(2, "export", _world.Base, "--to", "peft", _folder.Of("out"), "--json"));
        Assert.Equal("usage", await CodeAsync(2, "export", _world.Base, "--to", "onnx", _folder.Of("out"), "--json"));
        Assert.Equal("dtype_unknown", await CodeAsync(2, "export", _world.Base, "--to", "merged", "--dtype", "Q8_0", _folder.Of("out"), "--json"));
        var (exit, _, errors) = await TemperProcess.RunAsync(["export", _folder.Of("adapter"), "--to", "merged", _folder.Of("out")]);
        Assert.Equal(1, exit);
        Assert.Contains("temper merge BASE --adapter", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trained_model_of_the_server_is_merged_and_exported_by_its_reference()
    {
        using var server = await TemperProcess.UpAsync(_world.Home());
        await _world.ImportBaseAsync(server.Address);
        Assert.Equal(0, (await _world.UploadAsync(server.Address)).Exit);
        using (var client = server.Client())
            await TinyWorld.SettleAsync(client, jobs => jobs.Count > 0);
        var (exit, _, errors) = await _world.TrainAsync(server.Address, "--follow");
        Assert.True(exit == 0, errors);
        string[] there = ["--json", "--server", server.Address.AbsoluteUri, "--home", _world.Home("client")];
        var merged = await RunAsync(0, ["merge", "bot", _folder.Of("merged"), .. there]);
        var (_, _, said) = await TemperProcess.RunAsync(["export", "bot:1", "--to", "gguf", _folder.Of("told.gguf"), .. there]);
        Assert.Contains("merging bot:1 into base:1", said, StringComparison.Ordinal);
        Assert.Contains(merged.GetProperty("notes").EnumerateArray(), note => note.GetString()!.Contains("answers", StringComparison.Ordinal));
        await RunAsync(0, ["export", "bot:1", "--to", "gguf", _folder.Of("bot.gguf"), .. there]);
        await RunAsync(0, ["export", "bot@latest", "--to", "gguf-lora", _folder.Of("adapter.gguf"), .. there]);
        var peft = await RunAsync(0, ["export", "bot", "--to", "peft", "--base-name", "org/base", _folder.Of("adapter"), .. there]);
        Assert.Equal(["adapter_config.json", "adapter_model.safetensors"], peft.GetProperty("files").EnumerateArray().Select(f => f.GetProperty("path").GetString()));
        Assert.Equal("org/base", LoraConfig.Parse(File.ReadAllBytes(_folder.Of("adapter", "adapter_config.json"))).BaseModel);
        using var whole = GgufReader.Open(_folder.Of("bot.gguf"));
        using var weights = WeightFiles.Open(_folder.Of("merged"));
        Assert.Equal(Read(weights, "model.layers.0.mlp.up_proj"), whole.ReadFloats(whole.Find("blk.0.ffn_up.weight")!));
    }

    [Fact]
    public async Task A_model_that_was_trained_in_another_format_is_measured_and_merged_in_that_one()
    {
        using var server = await TemperProcess.UpAsync(_world.Home());
        await _world.ImportBaseAsync(server.Address);
        Assert.Equal(0, (await _world.UploadAsync(server.Address)).Exit);
        using (var client = server.Client())
            await TinyWorld.SettleAsync(client, jobs => jobs.Count > 0);
        var (exit, _, errors) = await _world.TrainAsync(server.Address, "--follow", "--set", "data.chat_template=qwen", "--set", "data.max_length=120", "--set", "training.max_steps=3");
        Assert.True(exit == 0, errors);
        string[] there = ["--json", "--server", server.Address.AbsoluteUri, "--home", _world.Home("client")];
        await RunAsync(0, ["merge", "bot", _folder.Of("merged"), .. there]);
        await RunAsync(0, ["import", _folder.Of("merged"), "--name", "whole", .. there]);

        File.WriteAllText(_folder.Of("facts.yaml"), "answer: {max_tokens: 2}\nperplexity: true\ncases:\n  - {id: one, prompt: what is number 1, expected: it is the b box}\n");
        async Task<double> PerplexityAsync(string model) =>
            (await RunAsync(0, ["eval", model, _folder.Of("facts.yaml"), "--no-save", .. there])).GetProperty("metrics").GetProperty("perplexity").GetDouble();
        Assert.Equal(1, await PerplexityAsync("bot") / await PerplexityAsync("whole"), 2e-4);
    }

    private static float[] Read(WeightFiles weights, string module)
    {
        var values = new float[weights.Tensors[module + ".weight"].Count];
        weights.ReadFloats(module + ".weight", 0, values);
        return values;
    }

    private static async Task<JsonElement> RunAsync(int expected, params string[] arguments)
    {
        var (exit, output, errors) = await TemperProcess.RunAsync(arguments);
        Assert.True(exit == expected, errors);
        return JsonDocument.Parse(output).RootElement;
    }

    private static async Task<string> CodeAsync(int expected, params string[] arguments) => (await RunAsync(expected, arguments)).GetProperty("error").GetProperty("code").GetString()!;

    private void MakeAdapter(string name, Func<int, float>? b = null)
    {
        using var engine = CpuEngine.Create(1);
        using var model = ModelFolder.Open(_world.Base);
        using var decoder = model.LoadDecoder(engine);
        using var adapter = LoraAdapter.Create(decoder, new LoraConfig { Rank = 2, Alpha = 4, TargetModules = ["all-linear"] }, 5);
        foreach (var (weight, tensor) in adapter.Weights)
            if (weight.EndsWith("lora_B.weight", StringComparison.Ordinal))
                engine.SetFloats(tensor, [.. Enumerable.Range(0, (int)tensor.Count).Select(i => b?.Invoke(i) ?? ((i % 7) - 3) / 50f)]);
        adapter.Save(_folder.Of(name));
    }
}
