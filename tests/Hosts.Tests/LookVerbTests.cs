using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Core.Work;
using Temper.Models;
using Temper.Tensors;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary><c>temper inspect</c>, <c>logits</c> and <c>embed</c> with the real program: numbers are those of PyTorch's golden files, faults of a
/// folder are named with code and exit code.</summary>
public sealed class LookVerbTests : IDisposable
{
    private static readonly string Data = RepoRoot.Of("tests", "Models.Tests", "data");
    private readonly TempFolder _folder = new();
    private readonly string _model;

    public LookVerbTests() => _model = Model(Path.Combine(Data, "tiny-llama"), "model", 97);

    public static TheoryData<string> Families => [.. Directory.GetDirectories(Path.Combine(Data, "decoders")).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData("lora")]
    [InlineData("dora")]
    [InlineData("saved")]
    public async Task Log_probabilities_at_every_position_are_those_of_PyTorch(string? adapter)
    {
        var golden = Golden("tiny-llama.json");
        var tokens = golden["documents"]![0]!.Deserialize<int[]>()!;
        var logits = (adapter is null ? golden["logits"]![0] : Golden(Path.Combine("peft", "golden.json"))[adapter]!["logits"])!.Deserialize<float[]>()!;
        string[] more = adapter is null ? [] : ["--adapter", Path.Combine(Data, "peft", adapter)];
        var positions = (await RunAsync(["logits", _model, "--tokens", string.Join(' ', tokens), "--json", .. more]))["positions"]!.AsArray();
        Assert.Equal(tokens.Length, positions.Count);
        Close(logits, positions);
        for (var t = 0; t < tokens.Length; t++)
            Assert.Equal(t + 1 < tokens.Length ? positions[t]!["log_probs"]![tokens[t + 1]]!.GetValue<float>() : null, positions[t]!["next"]?.GetValue<float>());
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task Log_probabilities_of_every_family_are_those_of_PyTorch(string family)
    {
        var model = Model(Path.Combine(Data, "decoders", family), family, 37);
        using var golden = SafetensorsReader.Open(Path.Combine(Data, "decoders", family, "golden.safetensors"));
        var ids = new int[(int)golden.ReadFloats(golden.Find("lengths")!)[0]];
        golden.ReadBytes(golden.Find("ids")!, 0, MemoryMarshal.AsBytes(ids.AsSpan()));
        var positions = (await RunAsync(["logits", model, "--tokens", string.Join(' ', ids), "--json"]))["positions"]!.AsArray();
        Assert.Equal(ids.Length, positions.Count);
        Close(golden.ReadFloats(golden.Find("logits")!), positions);
        Assert.Equal(0, (await TemperProcess.RunAsync(["inspect", model])).Exit);
    }

    [Fact]
    public async Task The_most_probable_tokens_alone_are_the_best_of_all()
    {
        var all = (await RunAsync(["logits", _model, "--tokens", "[5, 6]", "--json"]))["positions"]![1]!["log_probs"]!.Deserialize<float[]>()!;
        var top = (await RunAsync(["logits", _model, "--tokens", "5 6", "--top", "3", "--json"]))["positions"]![1]!["top"]!.AsArray();
        Assert.Equal(Enumerable.Range(0, 97).OrderByDescending(id => all[id]).Take(3), top.Select(best => best!["token"]!.GetValue<int>()));
        Assert.Equal(top.Select(best => all[best!["token"]!.GetValue<int>()]), top.Select(best => best!["log_prob"]!.GetValue<float>()));
        var (_, table, _) = await TemperProcess.RunAsync(["logits", _model, "--tokens", "5 6", "--top", "1"]);
        Assert.Contains($"\"{top[0]!["text"]}\" {top[0]!["token"]}", table);
    }

    [Fact]
    public async Task Vectors_are_the_means_of_the_models_hidden_states_at_length_1_whatever_stands_beside()
    {
        File.WriteAllText(_folder.Of("texts"), "t5 t6 t7\r\nt8\n");
        var (exit, output, errors) = await TemperProcess.RunAsync(["embed", _model, "--file", _folder.Of("texts"), "--json"]);
        Assert.True(exit == 0, errors);
        var vectors = output.Trim().Split('\n').Select(line => JsonNode.Parse(line)!["embedding"]!.Deserialize<float[]>()!).ToArray();
        using var engine = CpuEngine.Create(1);
        using var model = ModelFolder.Open(_model);
        using var decoder = model.LoadDecoder(engine);
        Assert.Equal(2, vectors.Length);
        foreach (var (vector, ids) in vectors.Zip<float[], int[]>([[5, 6, 7], [8]]))
        {
            using var scope = engine.BeginScope();
            var mean = engine.ToFloats(decoder.Embed(new PackedBatch(ids, [ids.Length])));
            var length = Math.Sqrt(mean.Sum(x => (double)x * x));
            Assert.InRange(vector.Zip(mean).Max(pair => Math.Abs(pair.First - pair.Second / length)), 0, 1e-6);
        }

        var (_, alone, _) = await TemperProcess.FeedAsync("t8", ["embed", _model, "--json"]);
        Assert.Equal(vectors[1], JsonNode.Parse(alone)!["embedding"]!.Deserialize<float[]>());
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("minilm")]
    [InlineData("vit")]
    public async Task An_encoder_is_shown_and_embeds_texts_if_it_reads_them(string family)
    {
        var data = Path.Combine(Data, "encoders", family);
        var model = Model(data, family, 11);
        var facts = await RunAsync(["inspect", model, "--json"]);
        Assert.Equal(family == "vit" ? "vit" : "bert", facts["family"]!.GetValue<string>());
        var (exit, output, errors) = await TemperProcess.FeedAsync("t5 t6\nt7", ["embed", model, "--json"]);
        if (family == "vit")
        {
            Assert.Equal(2, exit);
            Assert.Contains("reads images", errors);
            return;
        }

        using var engine = CpuEngine.Create(1);
        using var library = EmbeddingModel.Open(model, engine);
        Assert.Equal(library.Embedder.Embed(["t5 t6", "t7"]).Vectors, output.Trim().Split('\n').Select(line => JsonNode.Parse(line)!["embedding"]!.Deserialize<float[]>()!));
    }

    [Fact]
    public async Task A_model_tells_what_it_is()
    {
        File.WriteAllText(Path.Combine(_model, "chat_template.jinja"), ChatTemplate.ChatMl);
        var facts = await RunAsync(["inspect", _model, "--json"]);
        Assert.Equal(("model", "llama", 23264), (facts["kind"]!.GetValue<string>(), facts["family"]!.GetValue<string>(), facts["parameters"]!.GetValue<int>()));
        Assert.Equal(("WordPiece", 97), (facts["tokenizer"]!["kind"]!.GetValue<string>(), facts["tokenizer"]!["vocabulary"]!.GetValue<int>()));
        Assert.Equal(("chatml", "generation tags"), (facts["template"]!["style"]!.GetValue<string>(), facts["template"]!["assistant_mask"]!.GetValue<string>()));
        Assert.Equal(23264 * 4 + 64 * 256, facts["memory"]!["total"]!.GetValue<int>());
        Assert.Equal([97, 32], facts["tensors"]!.AsArray().Single(tensor => tensor!["name"]!.GetValue<string>() == "lm_head.weight")!["shape"]!.Deserialize<int[]>()!);
        var (_, text, _) = await TemperProcess.RunAsync(["inspect", _model]);
        Assert.Contains("llama (LlamaForCausalLM), 23,264 parameters", text);
        Assert.Contains("lm_head.weight", text);
    }

    [Fact]
    public async Task An_adapter_tells_what_it_is_and_a_quantised_model_how()
    {
        var adapter = await RunAsync(["inspect", Path.Combine(Data, "peft", "dora"), "--json"]);
        Assert.Equal(("adapter", "DoRA", "tiny-llama"), (adapter["kind"]!.GetValue<string>(), adapter["adapter"]!["kind"]!.GetValue<string>(), adapter["adapter"]!["base"]!.GetValue<string>()));
        Assert.Equal(adapter["tensors"]!.AsArray().Count(tensor => tensor!["name"]!.GetValue<string>().EndsWith("lora_A.weight", StringComparison.Ordinal)), adapter["adapter"]!["modules"]!.GetValue<int>());
        using (var model = ModelFolder.Open(_model))
            new QuantizedModel(QuantizationKind.NF4).Save(model, _folder.Of("nf4"));
        var quantised = await RunAsync(["inspect", _folder.Of("nf4"), "--json"]);
        Assert.Equal("bitsandbytes nf4, double", quantised["quantization"]!.GetValue<string>());
        Assert.Equal(23264, quantised["parameters"]!.GetValue<int>());
        Assert.Equal("U8", quantised["tensors"]!.AsArray().Single(tensor => tensor!["name"]!.GetValue<string>() == "model.layers.0.mlp.up_proj.weight")!["type"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_trained_version_of_the_registry_is_its_base_with_its_adapter()
    {
        using var world = new TinyWorld(steps: 4);
        using var server = await TemperProcess.UpAsync(world.Home());
        await world.ImportBaseAsync(server.Address);
        Assert.Equal(0, (await world.UploadAsync(server.Address)).Exit);
        using var client = server.Client();
        await TinyWorld.SettleAsync(client, jobs => jobs.Count == 1);
        Assert.Equal(0, (await world.TrainAsync(server.Address)).Exit);
        Assert.All(await TinyWorld.SettleAsync(client, jobs => jobs.Count == 2), job => Assert.Equal(WorkState.Completed, job.State));
        var facts = await RunAsync(["inspect", "bot:1", "--json", "--home", world.Home()]);
        Assert.Equal((4, "registry://base:1"), (facts["adapter"]!["rank"]!.GetValue<int>(), facts["adapter"]!["base"]!.GetValue<string>()));
        var trained = await RunAsync(["logits", "bot", "--tokens", "40 41", "--json", "--home", world.Home()]);
        var untrained = await RunAsync(["logits", "base", "--tokens", "40 41", "--json", "--home", world.Home()]);
        Assert.NotEqual(untrained.ToJsonString(), trained.ToJsonString());
        Assert.Equal(0, (await TemperProcess.FeedAsync("box", ["tokenize", "bot", "--stdin", "--home", world.Home()])).Exit);
        Assert.Equal(2, (await TemperProcess.RunAsync(["logits", "bot", "--tokens", "1", "--adapter", "bot", "--home", world.Home()])).Exit);
    }

    [Theory]
    [InlineData("logits MODEL --tokens 97", "", 2, "invalid_value: Scoring tokens: the model has no token 97; its ids are 0 to 96")]
    [InlineData("logits MODEL --tokens x", "", 2, "'x' is no token id")]
    [InlineData("logits MODEL --tokens ,", "", 2, "there is none")]
    [InlineData("logits MODEL --tokens 1 --top 0", "", 2, "usage")]
    [InlineData("logits MODEL --tokens 1 --adapter ./absent", "", 1, "model_not_found")]
    [InlineData("embed MODEL", "t1\n\nt2", 2, "-:2: Embedding text 2: it becomes no tokens")]
    [InlineData("embed MODEL --file ./absent", "", 1, "absent")]
    [InlineData("inspect ./absent", "", 1, "model_not_found")]
    public async Task What_cannot_be_answered_is_named(string arguments, string input, int code, string words)
    {
        var (exit, output, errors) = await TemperProcess.FeedAsync(input, Arguments(arguments));
        Assert.Equal(code, exit);
        Assert.Contains(words, errors);
        Assert.Empty(output);
    }

    [Fact]
    public async Task A_classifier_has_no_next_token_and_says_so()
    {
        var file = Path.Combine(_model, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        (config["architectures"], config["num_labels"]) = (new JsonArray("LlamaForSequenceClassification"), 2);
        File.WriteAllText(file, config.ToJsonString());
        using (var weights = WeightFiles.Open(_model))
            SafetensorsWriter.Write(_folder.Of("new"), [.. weights.Tensors.Values.Where(tensor => tensor.Name != "lm_head.weight").Select(tensor =>
                TensorSource.Numbers(tensor.Name, tensor.Type, tensor.Shape, (first, target) => weights.ReadFloats(tensor.Name, first, target))), TensorSource.Of("score.weight", [2, 32], new float[64])]);
        File.Move(_folder.Of("new"), Path.Combine(_model, "model.safetensors"), overwrite: true);
        var (exit, _, errors) = await TemperProcess.RunAsync(["logits", _model, "--tokens", "1"]);
        Assert.Equal(2, exit);
        Assert.Contains("unsupported_architecture: Scoring tokens: the model classifies", errors);
        foreach (var absent in new[] { "questions.txt", "./questions" })
        {
            var (refused, _, said) = await TemperProcess.RunAsync(["classify", _model, absent]);
            Assert.Equal(1, refused);
            Assert.Contains("not_found: There is no file ", said);
            Assert.Contains("give - instead", said);
        }
        Assert.Equal(0, (await TemperProcess.RunAsync(["classify", _model, "t1 e.g. t2/t3"])).Exit);
    }

    [Fact]
    public async Task A_folder_without_a_tokenizer_answers_with_the_same_numbers()
    {
        string[] asked = ["logits", _model, "--tokens", "1 2 3", "--json"];
        var with = await RunAsync(asked);
        File.Delete(Path.Combine(_model, "tokenizer.json"));
        Assert.True(JsonNode.DeepEquals(with, await RunAsync(asked)));
        var (_, _, errors) = await TemperProcess.RunAsync(["inspect", _model]);
        Assert.Contains("there is no tokenizer.json", errors);
        Assert.Contains("hint: Add the named file", errors);
    }

    [Fact]
    public async Task More_tokens_than_the_model_takes_are_refused_with_both_numbers()
    {
        var (exit, _, errors) = await TemperProcess.RunAsync(["logits", _model, "--tokens", string.Join(',', Enumerable.Repeat(1, 65))]);
        Assert.Equal(2, exit);
        Assert.Contains("context_length_exceeded: Scoring tokens: 65 are given, the model takes at most 64", errors);
    }

    [Theory]
    [InlineData("model_type", "\"mamba\"", "unsupported_architecture")]
    [InlineData("num_key_value_heads", "3", "config_invalid")]
    [InlineData("hidden_size", null, "config_invalid")]
    [InlineData("vocab_size", "50", "vocab_mismatch")]
    [InlineData("vocab_size", "50", "shape_mismatch")]
    [InlineData("rope_scaling", "{\"rope_type\": \"spiral\", \"factor\": 2}", "rope_unsupported")]
    [InlineData("torch_dtype", "\"float12\"", "config_invalid")]
    public async Task A_fault_of_the_configuration_is_named_and_the_rest_is_shown(string field, string? value, string code)
    {
        var file = Path.Combine(_model, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        config.Remove(field);
        if (value is not null)
            config[field] = JsonNode.Parse(value);
        File.WriteAllText(file, config.ToJsonString());
        var (exit, output, errors) = await TemperProcess.RunAsync(["inspect", _model, "--json"]);
        Assert.Equal(2, exit);
        Assert.Contains(code, errors);
        var facts = JsonNode.Parse(output)!;
        Assert.Equal(23264, facts["parameters"]!.GetValue<int>());
        Assert.Contains(facts["problems"]!.AsArray(), problem => problem!["code"]!.GetValue<string>() == code);
    }

    /// <summary>A folder with a model of the golden files and a tokenizer of as many words.</summary>
    private string Model(string data, string name, int tokens)
    {
        var folder = Directory.CreateDirectory(_folder.Of(name)).FullName;
        foreach (var file in (string[])["config.json", "model.safetensors"])
            File.Copy(Path.Combine(data, file), Path.Combine(folder, file));
        var vocabulary = new JsonObject(Enumerable.Range(0, tokens).Select(id => KeyValuePair.Create(id == 0 ? "[UNK]" : $"t{id}", (JsonNode?)id)));
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), new JsonObject
        {
            ["added_tokens"] = new JsonArray(),
            ["pre_tokenizer"] = new JsonObject { ["type"] = "WhitespaceSplit" },
            ["model"] = new JsonObject { ["type"] = "WordPiece", ["vocab"] = vocabulary, ["unk_token"] = "[UNK]" },
        }.ToJsonString());
        return folder;
    }

    /// <summary>Rows of logits, normalised here in f64, against what the program says.</summary>
    private static void Close(float[] logits, JsonArray positions)
    {
        for (var t = 0; t < positions.Count; t++)
        {
            var found = positions[t]!["log_probs"]!.Deserialize<double[]>()!;
            var row = logits.AsSpan(t * found.Length, found.Length).ToArray();
            var sum = Math.Log(row.Sum(x => Math.Exp(x)));
            Assert.InRange(row.Zip(found).Max(pair => Math.Abs(pair.First - sum - pair.Second)), 0, 1e-5);
        }
    }

    private string[] Arguments(string line) => [.. line.Split(' ').Select(word => word == "MODEL" ? _model : word)];

    private static JsonNode Golden(string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(Data, name)))!;

    private static async Task<JsonNode> RunAsync(string[] arguments)
    {
        var (exit, output, errors) = await TemperProcess.RunAsync(arguments);
        Assert.True(exit == 0, errors);
        return JsonNode.Parse(output)!;
    }
}
