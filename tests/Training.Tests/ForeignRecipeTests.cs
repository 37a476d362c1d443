using System.Text;
using Temper.Core.Errors;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Recipes;

namespace Temper.Training.Tests;

/// <summary>Files of the shapes that Axolotl and LLaMA-Factory read, written for these tests. The first line says what must come of each.</summary>
public sealed class ForeignRecipeTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Foreign");

    public static TheoryData<string> Files => [.. Directory.GetFiles(Folder, "*.y*ml").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    [Fact]
    public void There_are_twenty_of_them() => Assert.Equal(20, Files.Count);

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_of_another_tool_is_read_as_it_is_or_refused_with_everything_at_once(string name)
    {
        var text = File.ReadAllText(Path.Combine(Folder, name));
        var said = text.Split('\n')[0];
        string[] expected = said == "# accepted" ? [] : [.. said["# refused: ".Length..].Split(", ").Order(StringComparer.Ordinal)];
        Assert.Equal(expected, Problems(text, name).Select(p => p.Path!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void An_Axolotl_file_means_here_what_it_means_there()
    {
        var r = Read("axolotl-lora.yml");
        Assert.Equal(("tiny-llama", "support/alpaca", 0.05, 4096, true), (r.ModelNameOrPath, r.Data.Train, r.Data.Validation, r.Data.MaxLength, r.Data.Packing));
        Assert.Equal((32, 16.0, 0.05), (r.Lora!.R, r.Lora.LoraAlpha, r.Lora.LoraDropout));
        Assert.Equal(["all-linear"], r.Lora.TargetModules);
        Assert.Equal((Cadence.Steps, 1 / 16.0, Cadence.Epoch, 10, (string?)null), (r.Training.EvalStrategy, r.Training.EvalSteps!.Value, r.Training.SaveStrategy, r.Training.WarmupSteps!.Value, r.Training.Optim));
    }

    [Fact]
    public void A_LLaMA_Factory_file_means_here_what_it_means_there()
    {
        var r = Read("factory-lora-sft.yaml");
        Assert.Equal(["identity", "alpaca-en"], r.Data.Datasets!.Select(d => d.Dataset));
        Assert.Equal((8, 2048, 0.1, true), (r.Lora!.R, r.Data.MaxLength, r.Data.Validation, r.Training.Bf16));
        Assert.Equal((Cadence.Steps, 500.0, Cadence.Steps, 500.0), (r.Training.SaveStrategy, r.Training.SaveSteps!.Value, r.Training.EvalStrategy, r.Training.EvalSteps!.Value));
    }

    [Fact]
    public void What_a_foreign_file_says_and_is_done_otherwise_here_is_said()
    {
        var notes = RecipeReader.ReadNoted(Buildable("factory-lora-sft.yaml").Replace("template: llama3", "template: qwen", StringComparison.Ordinal), "factory-lora-sft.yaml", []).Notes;
        Assert.Contains(notes, n => n is { Path: "output_dir", Line: > 1 });
        Assert.Contains(notes, n => n.Path == "template" && n.Text.Contains("qwen", StringComparison.Ordinal));
    }

    /// <summary>Their prefix, system, user and assistant slots one behind the other, as LLaMA-Factory's template.py of 2025 lists them.</summary>
    [Theory]
    [InlineData("chatml", "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nYes<|im_end|>\n")]
    [InlineData("yi", "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nYes<|im_end|>\n")]
    [InlineData("llama3", "<s><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nYes<|eot_id|>")]
    [InlineData("gemma", "<s><start_of_turn>user\nBe brief.\n\nHi<end_of_turn>\n<start_of_turn>model\nYes<end_of_turn>\n")]
    [InlineData("gemma3", "<s><start_of_turn>user\nBe brief.\n\nHi<end_of_turn>\n<start_of_turn>model\nYes<end_of_turn>\n")]
    [InlineData("phi", "<|system|>\nBe brief.<|end|>\n<|user|>\nHi<|end|>\n<|assistant|>\nYes<|end|>\n")]
    public void A_template_of_LLaMA_Factory_that_is_one_of_ours_writes_the_same_text(string name, string text)
    {
        var (recipe, notes) = RecipeReader.ReadNoted($"stage: sft\nfinetuning_type: lora\ntemplate: {name}", "r.yaml", []);
        Assert.DoesNotContain(notes, n => n.Path == "template");
        var template = ChatTemplate.Parse(BuiltInTemplates.Find(recipe.Data.ChatTemplate)!, new Dictionary<string, string> { ["bos_token"] = "<s>", ["eos_token"] = "</s>" });
        Assert.Equal(text, template.Render([new("system", "Be brief."), new("user", "Hi"), new("assistant", "Yes")], addGenerationPrompt: false).Text);
        Assert.Equal("model", RecipeReader.Read($"stage: pt\ntemplate: {name}", null).Data.ChatTemplate);
    }

    [Fact]
    public void No_change_of_a_few_characters_makes_the_reader_throw_anything_but_a_list_of_problems()
    {
        const string alphabet = "{}[]:,-'\"\\#&*!|>%@` \n\t0123456789.eE+-aou\0\u00e9\ud83d\ude00\ud800";
        var texts = Directory.GetFiles(Folder).Order(StringComparer.Ordinal).Select(File.ReadAllText)
            .Append(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(RecipeReader.Read("lora: {r: 4}\ndata: {train: [a, {dataset: b, repeats: 2}]}", null).ToJson().GetRawText()))).ToArray();
        for (var round = 0u; round < 1500; round++)
        {
            var text = new StringBuilder(texts[round % texts.Length]);
            var draws = Philox.Block(new(round, 0, 1, 0), 7, 7);
            for (var change = 0; change <= draws.X0 % 3; change++)
            {
                var more = Philox.Block(new(round, (uint)change, 2, 0), 7, 7);
                var at = (int)(more.X0 % (uint)text.Length);
                var letter = alphabet[(int)(more.X1 % (uint)alphabet.Length)];
                _ = (more.X2 % 4) switch
                {
                    0 => text.Insert(at, letter),
                    1 => text.Remove(at, Math.Min((int)(more.X3 % 9) + 1, text.Length - at)),
                    2 => text.Insert(at, text.ToString(at, Math.Min((int)(more.X3 % 40), text.Length - at))),
                    _ => text.Replace(text[at], letter, at, 1),
                };
            }
            Problems(text.ToString(), round % 2 == 0 ? "r.yaml" : null);
        }
    }

    private static IReadOnlyList<Problem> Problems(string text, string? name)
    {
        try
        {
            RecipeReader.Read(text, name);
            return [];
        }
        catch (TemperException e)
        {
            return e.Problems;
        }
    }

    private static Recipe Read(string name) => RecipeReader.Read(Buildable(name), name);

    /// <summary>Without what may not be built.</summary>
    private static string Buildable(string name) => File.ReadAllText(Path.Combine(Folder, name)).Replace("load_in_8bit: true", "", StringComparison.Ordinal);
}
