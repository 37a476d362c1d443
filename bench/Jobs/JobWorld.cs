using System.Globalization;
using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Models;
using Temper.Tensors;
using Temper.Training;
using Temper.Training.Recipes;

namespace Temper.Bench;

/// <summary>A base model, chats and a recipe in a folder of their own: what a job, the loop alone and bare steps are all made of.</summary>
internal sealed class JobWorld : IDisposable
{
    private const int Room = 512;
    private static readonly string[] Special = ["<|im_start|>", "<|im_end|>"];
    private readonly string _folder = Directory.CreateTempSubdirectory("temper-bench-").FullName;
    private readonly BenchModel _shape;
    private readonly int _saveEvery;

    /// <summary>Writes them. A micro-batch has as many tokens as the shape's batch, in packed rows of 512.</summary>
    public JobWorld(BenchModel shape, long chatBytes, int steps, string form)
    {
        (_shape, _saveEvery) = (shape, Math.Max(1, steps / 8));
        ChatFile.Write(Data, chatBytes);
        var text = File.ReadAllText(Data);
        var json = BpeTrainer.Train([text[..Math.Min(text.Length, 2_000_000)]], shape.Vocabulary, Special);
        using (var engine = CpuEngine.Create(Environment.ProcessorCount))
        using (var decoder = Decoder.Create(engine, shape.Config(), 1))
            ModelFolder.Save(Base, decoder, json, ChatTemplate.ChatMl, new GenerationConfig { EosTokenIds = [Tokenizer.Parse(json).IdOf(Special[1])!.Value] });
        WriteRecipe(steps, form);
    }

    public string Base => Path.Combine(_folder, "base");

    public string Data => Path.Combine(_folder, "chats.jsonl");

    public string RecipeFile => Path.Combine(_folder, "recipe.yaml");

    public Recipe Recipe => RecipeReader.Read(File.ReadAllText(RecipeFile), RecipeFile);

    public string Place(string name) => Path.Combine(_folder, name);

    /// <summary>Writes the recipe again, for so many steps and another form of the frozen weights.</summary>
    public void WriteRecipe(int steps, string form)
    {
        var rows = Math.Max(1, _shape.Length * _shape.Texts / Room);
        File.WriteAllText(RecipeFile, string.Create(CultureInfo.InvariantCulture, $$"""
            version: 1
            model_name_or_path: base
            output: bench
            data: {train: chats, max_length: {{Room}}, packing: true}
            lora: {r: 8, lora_alpha: 16, target_modules: all-linear}
            training: {learning_rate: 1.0e-4, max_steps: {{steps}}, per_device_train_batch_size: {{rows}}, save_strategy: steps, save_steps: {{_saveEvery}}, save_total_limit: 100{{(form == "bf16" ? ", bf16: true" : "")}}}
            {{(form == "nf4" ? "quantization: {load_in_4bit: true, bnb_4bit_use_double_quant: true}" : "")}}
            """));
    }

    /// <summary>The chats as a job reads them, but in the order of the file.</summary>
    public IReadOnlyList<TrainExample> Examples()
    {
        using var folder = ModelFolder.Open(Base);
        var builder = new ExampleBuilder(folder.Tokenizer, folder.Template, folder.StopTokens, new ExampleOptions { MaxLength = Room });
        return [.. File.ReadLines(Data).Select(Record)
            .Select(record => (record.RecId, builder.Build(record).Example)).Where(x => x.Example is not null).Select(x => new TrainExample(x.RecId, x.Example!.Tokens, x.Example.Supervised))];
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static CanonicalRecord Record(string line)
    {
        using var json = JsonDocument.Parse(line);
        var turns = json.RootElement.GetProperty("messages").EnumerateArray().Select(turn => new ChatTurn(turn.GetProperty("role").GetString()!, turn.GetProperty("content").GetString()!));
        return new CanonicalRecord(Digest.OfText(line), RecordKind.Messages, new RecordSource("chats.jsonl", 1, 0)) { Messages = [.. turns] };
    }
}
