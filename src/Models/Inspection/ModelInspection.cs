using System.Text;
using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Safetensors;

namespace Temper.Models;

/// <summary>Reads what a folder says about itself. A part that cannot be read is missing from the facts and named among their problems; weights are
/// not read, only their headers.</summary>
public static class ModelInspection
{
    private const string AdapterConfig = "adapter_config.json", AdapterWeights = "adapter_model.safetensors";

    private static readonly string[] SizeNames =
    [
        "hidden_size", "n_embd", "intermediate_size", "n_inner", "num_hidden_layers", "n_layer", "num_attention_heads", "n_head", "num_key_value_heads", "head_dim",
        "vocab_size", "max_position_embeddings", "n_positions", "n_ctx", "type_vocab_size", "image_size", "patch_size", "num_channels", "sliding_window", "num_labels",
    ];

    private static readonly (string Mark, string Style)[] Styles =
    [
        ("<|im_start|>", "chatml"), ("<|start_header_id|>", "llama3"), ("<start_of_turn>", "gemma"), ("<<SYS>>", "llama2"), ("[INST]", "mistral"), ("<|start|>", "harmony"),
        ("<|start_of_role|>", "granite"), ("<|START_OF_TURN_TOKEN|>", "command-r"), ("<|end|>", "phi"), ("<\uFF5CAssistant\uFF5C>", "deepseek"), ("<|user|>", "zephyr"), ("### Response", "alpaca"), ("ASSISTANT:", "vicuna"),
    ];

    /// <summary>The facts of <paramref name="folder"/>; an adapter is checked against <paramref name="baseFolder"/> where one is given.</summary>
    /// <exception cref="TemperException">Code <c>model_not_found</c>.</exception>
    public static ModelFacts Read(string folder, string? baseFolder = null)
    {
        if (!Directory.Exists(folder)) throw new TemperException("model_not_found", $"Opening a model: there is no folder {folder}.");
        var isAdapter = !File.Exists(Path.Combine(folder, "config.json")) && File.Exists(Path.Combine(folder, AdapterConfig));
        var problems = new List<Problem>();
        var facts = new ModelFacts
        {
            Kind = isAdapter ? "adapter" : "model",
            Bytes = new DirectoryInfo(folder).EnumerateFiles().Sum(file => file.Length),
            Tokenizer = Try([], () => Tokenizer(folder)),
            Template = Try([], () => Template(folder)),
        };
        facts = isAdapter ? Adapter(facts, folder, problems) : Model(facts, folder, problems);
        Try(problems, () => Load(folder, isAdapter, baseFolder));
        return facts with { Problems = [.. problems.DistinctBy(problem => (problem.Code, problem.Message))] };
    }

    private static ModelFacts Model(ModelFacts facts, string folder, List<Problem> problems)
    {
        facts = Try(problems, () => Configured(facts, folder)) ?? facts;
        return Try(problems, () =>
        {
            using var weights = WeightFiles.Open(folder);
            var stored = weights.Stored.ToDictionary(tensor => tensor.Name);
            return Weighed(facts, weights.Tensors.Values.Select(tensor => tensor with { Type = stored.TryGetValue(tensor.Name, out var raw) ? raw.Type : tensor.Type }), stored.Values) with
            {
                Memory = Try([], () => Memory(folder, weights.Tensors.Values.Sum(tensor => tensor.Shape.Aggregate(1L, (count, size) => count * size)))),
            };
        }) ?? facts;
    }

    private static ModelFacts Configured(ModelFacts facts, string folder)
    {
        var file = Path.Combine(folder, "config.json");
        var fields = JsonFields.Parse(ModelFolder.ReadFile(folder, "config.json"), file, "config_invalid");
        var names = fields.Names.ToArray();
        return facts with
        {
            Family = fields.Text("model_type"),
            Architecture = fields.Texts("architectures")?.FirstOrDefault(),
            Sizes = new OrderedDictionary<string, long>(names.Where(SizeNames.Contains).Where(name => fields.Find(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out _))
                .Select(name => KeyValuePair.Create(name, fields.Find(name)!.Value.GetInt64()))),
            Quantization = fields.Object("quantization_config") is { } quantized ? Quantization(quantized) : null,
        };
    }

    private static ModelFacts Adapter(ModelFacts facts, string folder, List<Problem> problems)
    {
        facts = Try(problems, () =>
        {
            using var weights = SafetensorsReader.Open(Path.Combine(folder, AdapterWeights));
            return Weighed(facts, weights.Tensors, weights.Tensors);
        }) ?? facts;
        var modules = facts.Tensors.Count(tensor => tensor.Name.EndsWith(".lora_A.weight", StringComparison.Ordinal));
        return Try(problems, () =>
        {
            var file = Path.Combine(folder, AdapterConfig);
            var config = LoraConfig.Parse(ModelFolder.ReadFile(folder, AdapterConfig), file);
            IReadOnlyList<string> targets = config.TargetPattern is { } pattern ? [pattern] : config.TargetModules;
            return facts with
            {
                Family = "LORA",
                Adapter = new AdapterFacts(config.Rank, config.Alpha, config.UseDora ? "DoRA" : config.UseRsLora ? "rsLoRA" : "LoRA", targets, modules, config.ModulesToSave, config.BaseModel),
            };
        }) ?? facts;
    }

    private static ModelFacts Weighed(ModelFacts facts, IEnumerable<StoredTensor> tensors, IEnumerable<StoredTensor> stored)
    {
        var named = tensors.Select(tensor => new TensorFacts(tensor.Name, tensor.Type.HeaderName(), tensor.Shape)).OrderBy(tensor => tensor.Name, StringComparer.Ordinal).ToArray();
        return facts with
        {
            Tensors = named,
            Parameters = named.Sum(tensor => tensor.Shape.Aggregate(1L, (count, size) => count * size)),
            Types = [.. stored.GroupBy(tensor => tensor.Type).Select(group => new TypeFacts(group.Key.HeaderName(), group.Count(), group.Sum(tensor => tensor.End - tensor.Begin))).OrderByDescending(type => type.Bytes)],
        };
    }

    private static TokenizerFacts Tokenizer(string folder)
    {
        var tokenizer = TextFolder.OpenTokenizer(folder);
        return new TokenizerFacts(tokenizer.Kind, tokenizer.VocabularySize, tokenizer.SpecialTokens, tokenizer.Digest);
    }

    private static TemplateFacts? Template(string folder)
    {
        if (TokenizerConfig.Read(folder) is not { ChatTemplate: { } source } named) return null;
        var style = Styles.FirstOrDefault(style => source.Contains(style.Mark, StringComparison.Ordinal)).Style ?? "own";
        var chat = Try([], () => named.Parse([])!.RenderForTraining([new ChatTurn("user", "a"), new ChatTurn("assistant", "b"), new ChatTurn("user", "c"), new ChatTurn("assistant", "d")]));
        var mask = chat is null ? "unavailable" : source.Contains("endgeneration", StringComparison.Ordinal) ? "generation tags" : "prefixes";
        return new TemplateFacts(style, mask, Digest.Of(Encoding.UTF8.GetBytes(source)));
    }

    private static MemoryFacts Memory(string folder, long parameters)
    {
        var config = ModelConfig.Parse(ModelFolder.ReadFile(folder, "config.json"));
        var token = KvCache.BytesFor(config, 1, 1);
        return new MemoryFacts(parameters * sizeof(float), token, config.MaxPositions, checked(parameters * sizeof(float) + token * config.MaxPositions));
    }

    private static string Quantization(JsonFields fields)
    {
        var bits = fields.Bool("load_in_4bit") == true ? fields.Text("bnb_4bit_quant_type") ?? "4 bits" : fields.Bool("load_in_8bit") == true ? "int8" : $"{fields.Int("bits")?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "unknown"} bits";
        return $"{fields.Text("quant_method") ?? "unknown"} {bits}{(fields.Bool("bnb_4bit_use_double_quant") == true ? ", double" : "")}";
    }

    private static object Load(string folder, bool isAdapter, string? baseFolder)
    {
        if (!isAdapter && EncoderFolder.Is(folder))
        {
            using var encoder = EncoderFolder.Open(folder);
            return encoder.Config;
        }

        if (!isAdapter)
        {
            using var model = ModelFolder.Open(folder);
            return model.Config;
        }

        if (baseFolder is null) return LoraConfig.Parse(ModelFolder.ReadFile(folder, AdapterConfig), Path.Combine(folder, AdapterConfig));
        if (EncoderFolder.Is(baseFolder))
        {
            using var read = EncoderFolder.Open(baseFolder);
            using var its = LoraFile.Open(folder, read.ShapeOf(LabelFile.Read(folder)));
            return its.Config;
        }

        using var basis = ModelFolder.Open(baseFolder);
        using var adapter = LoraFile.Open(folder, AdaptedShape.Of(basis.Config));
        return adapter.Config;
    }

    private static T? Try<T>(List<Problem> problems, Func<T> read) where T : class?
    {
        try
        {
            return read();
        }
        catch (TemperException e)
        {
            problems.AddRange(e.Problems);
            return null;
        }
    }
}
