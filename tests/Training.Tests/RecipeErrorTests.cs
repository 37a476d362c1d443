using Temper.Core.Errors;
using Temper.Training.Recipes;

namespace Temper.Training.Tests;

public sealed class RecipeErrorTests
{
    [Theory]
    [InlineData("training: {learning_rte: 1e-4}", "unknown_key", "training.learning_rte")]
    [InlineData("lora: {target_modules: [q_proj], rank: 4, r: 8, r_: 1}", "unknown_key", "lora.rank")]
    [InlineData("lr: 1", "unknown_key", "lr")]
    [InlineData("training: {learning_rate: 0}", "out_of_range", "training.learning_rate")]
    [InlineData("training: {learning_rate: 1.5}", "out_of_range", "training.learning_rate")]
    [InlineData("training: {learning_rate: fast}", "wrong_type", "training.learning_rate")]
    [InlineData("training: {learning_rate: .nan}", "wrong_type", "training.learning_rate")]
    [InlineData("training: {learning_rate: [1e-4]}", "wrong_type", "training.learning_rate")]
    [InlineData("training: {num_train_epochs: 0}", "out_of_range", "training.num_train_epochs")]
    [InlineData("training: {max_steps: 0}", "out_of_range", "training.max_steps")]
    [InlineData("training: {per_device_train_batch_size: 0}", "out_of_range", "training.per_device_train_batch_size")]
    [InlineData("training: {per_device_train_batch_size: 1.5}", "wrong_type", "training.per_device_train_batch_size")]
    [InlineData("training: {gradient_accumulation_steps: -1}", "out_of_range", "training.gradient_accumulation_steps")]
    [InlineData("training: {gradient_checkpointing: yes}", "wrong_type", "training.gradient_checkpointing")]
    [InlineData("training: {warmup_ratio: 2}", "out_of_range", "training.warmup_ratio")]
    [InlineData("training: {warmup_steps: 3, warmup_ratio: 0.1}", "exclusive", "training.warmup_steps")]
    [InlineData("training: {max_steps: 3, num_train_epochs: 1}", "exclusive", "training.max_steps")]
    [InlineData("training: {max_steps: 3, warmup_steps: 4}", "out_of_range", "training.warmup_steps")]
    [InlineData("training: {save_steps: 3}", "exclusive", "training.save_steps")]
    [InlineData("training: {save_strategy: steps, save_steps: 2.5}", "out_of_range", "training.save_steps")]
    [InlineData("training: {eval_strategy: epoch}", "requires", "training.eval_strategy")]
    [InlineData("training: {adam_beta2: 1}", "out_of_range", "training.adam_beta2")]
    [InlineData("training: {lr_scheduler_type: staircase}", "part_unknown", "training.lr_scheduler_type")]
    [InlineData("training: {lr_scheduler_type: linear, num_cycles: 2}", "requires", "training.num_cycles")]
    [InlineData("training: {lr_scheduler_type: cosine_with_min_lr}", "requires", "training.lr_scheduler_type")]
    [InlineData("training: {lr_scheduler_type: cosine_with_min_lr, min_lr: 1e-6, min_lr_rate: 0.1}", "exclusive", "training.min_lr")]
    [InlineData("training: {lr_scheduler_kwargs: {power: 2}}", "unknown_key", "training.lr_scheduler_kwargs.power")]
    [InlineData("training: {early_stopping_patience: 3}", "requires", "training.early_stopping_patience")]
    [InlineData("data: {validation: 0.1}\ntraining: {eval_strategy: steps, eval_steps: 4, save_strategy: steps, save_steps: 6, load_best_model_at_end: true}", "requires", "training.load_best_model_at_end")]
    [InlineData("training: {greater_is_better: true}", "requires", "training.greater_is_better")]
    [InlineData("training: {beta: 0.2}", "requires", "training.beta")]
    [InlineData("training: {beta: 3}\ntask: dpo", "out_of_range", "training.beta")]
    [InlineData("task: dpo\ndata: {packing: true}", "exclusive", "data.packing")]
    [InlineData("task: orpo\ndata: {format: messages}", "requires", "data.format")]
    [InlineData("data: {format: preference}", "requires", "data.format")]
    [InlineData("task: pretrain\nlora: {}", "exclusive", "task")]
    [InlineData("task: image_classification\ntraining: {unfreeze_at_epoch: 1}", "requires", "training.unfreeze_at_epoch")]
    [InlineData("training: {class_weights: {cat: 2}}", "requires", "training.class_weights")]
    [InlineData("task: sequence_classification\ntraining: {class_weights: {cat: -1}}", "out_of_range", "training.class_weights.cat")]
    [InlineData("task: image_classification\ntraining: {augment: [crop, spin]}", "wrong_type", "training.augment")]
    [InlineData("load_in_4bit: true", "requires", "load_in_4bit")]
    [InlineData("lora: {}\nquantization: {load_in_4bit: true, load_in_8bit: true}", "exclusive", "quantization.load_in_8bit")]
    [InlineData("lora: {}\nquantization: {load_in_4bit: true, blocksize: 96}", "out_of_range", "quantization.blocksize")]
    [InlineData("lora: {}\nquantization: {load_in_4bit: true, bnb_4bit_quant_type: fp4}", "not_offered", "quantization.bnb_4bit_quant_type")]
    [InlineData("lora: {}\nquantization: {blocksize: 128}", "requires", "quantization.blocksize")]
    [InlineData("lora: {rank_pattern: {q_proj: 0}}", "out_of_range", "lora.rank_pattern.q_proj")]
    [InlineData("lora: {rank_pattern: {q_proj: 1.5}}", "wrong_type", "lora.rank_pattern")]
    [InlineData("lora: {layers_to_transform: [0, -1]}", "wrong_type", "lora.layers_to_transform")]
    [InlineData("lora: {init_lora_weights: pissa}", "wrong_type", "lora.init_lora_weights")]
    [InlineData("lora: {use_dora: true}\nexport: {gguf_lora: true}", "exclusive", "export.gguf_lora")]
    [InlineData("export: {gguf: q4_k_m}", "wrong_type", "export.gguf")]
    [InlineData("export: {merged: true}", "requires", "export.merged")]
    [InlineData("resume_from_checkpoint: ./checkpoint-3", "wrong_type", "resume_from_checkpoint")]
    [InlineData("output_dir: runs/x", "not_supported_yet", "output_dir")]
    [InlineData("limits: {max_cost: 3}", "requires", "limits.max_cost")]
    [InlineData("training: {fp16: true}", "not_supported_yet", "training.fp16")]
    [InlineData("training: {optim: madgrad}", "part_unknown", "training.optim")]
    [InlineData("training: {neftune_noise_alpha: -5}", "out_of_range", "training.neftune_noise_alpha")]
    [InlineData("training: {bf16: true}", "requires", "training.bf16")]
    [InlineData("training: {load_best_model_at_end: true}", "requires", "training.load_best_model_at_end")]
    [InlineData("lora: {r: 0}", "out_of_range", "lora.r")]
    [InlineData("lora: {r: 257}", "out_of_range", "lora.r")]
    [InlineData("lora: {lora_alpha: 0}", "out_of_range", "lora.lora_alpha")]
    [InlineData("lora: {lora_dropout: 1}", "out_of_range", "lora.lora_dropout")]
    [InlineData("lora: {target_modules: []}", "wrong_type", "lora.target_modules")]
    [InlineData("lora: 5", "wrong_type", "lora")]
    [InlineData("lora_r: 4\nlora: {r: 4}", "alias_conflict", "lora.r")]
    [InlineData("data: {max_length: 4}", "out_of_range", "data.max_length")]
    [InlineData("data: {validation: 1.5}", "out_of_range", "data.validation")]
    [InlineData("task: juggling", "wrong_type", "task")]
    [InlineData("seed: -1", "out_of_range", "seed")]
    [InlineData("seed: 2147483648", "out_of_range", "seed")]
    [InlineData("version: 2", "out_of_range", "version")]
    [InlineData("output: Two Words", "name_invalid", "output")]
    [InlineData("limits: {max_duration: soon}", "wrong_type", "limits.max_duration")]
    [InlineData("seed: 1\nseed: 2", "recipe_syntax", "seed")]
    [InlineData("data: &x {packing: true}", "recipe_syntax", null)]
    [InlineData("seed: *x", "recipe_syntax", null)]
    [InlineData("seed: !!python/object 3", "recipe_syntax", null)]
    [InlineData("training:\n\tlearning_rate: 1e-4", "recipe_syntax", null)]
    [InlineData("just words", "wrong_type", null)]
    [InlineData("output: \"\\UFFFFFFFF\"", "recipe_syntax", null)]
    [InlineData("resume_from_checkpoint: job-3", "wrong_type", "resume_from_checkpoint")]
    [InlineData("data: {chat_template: chatlm}", "part_unknown", "data.chat_template")]
    [InlineData("data: {chat_template: mine.jinja}", "not_found", "data.chat_template")]
    [InlineData("data: {chat_template: '{% if %}'}", "template_invalid", "data.chat_template")]
    [InlineData("task: pretrain\ndata: {chat_template: chatml}", "requires", "data.chat_template")]
    [InlineData("lora: {}\nquantization: {load_in_4bit: true, blocksize: 128}", "not_offered", "quantization.blocksize")]
    [InlineData("task: embedding\ntraining: {label_smoothing_factor: 0.1}", "not_offered", "training.label_smoothing_factor")]
    [InlineData("task: embedding\nlora: {}\nquantization: {load_in_8bit: true}", "not_offered", "quantization.load_in_8bit")]
    [InlineData("task: sequence_classification\ntraining: {neftune_noise_alpha: 5}", "requires", "training.neftune_noise_alpha")]
    [InlineData("data: {format: csv}", "not_offered", "data.format")]
    [InlineData("data: {remainder: short}\ntraining: {dataloader_drop_last: true}", "not_offered", "training.dataloader_drop_last")]
    [InlineData("seed: 1\n---\nseed: 2", "recipe_syntax", null)]
    [InlineData("""{"seed": 1, "seed": 2}""", "recipe_syntax", "seed")]
    [InlineData("""{"seed": 1,}""", "recipe_syntax", null)]
    [InlineData("""{"seed": "\ud800"}""", "recipe_syntax", null)]
    public void A_bad_recipe_is_refused_by_name(string text, string code, string? path)
    {
        var problems = Refused(text);
        Assert.Contains(problems, p => p.Code == code && (path is null || p.Path == path));
        Assert.All(problems, p => Assert.False(string.IsNullOrEmpty(p.Hint), p.Message));
        Assert.All(problems, p => Assert.True(p.Line >= 1, p.Message));
    }

    [Fact]
    public void All_errors_come_at_once_with_line_value_and_remedy()
    {
        const string text = """
            model_name_or_path: base
            data:
              max_lenght: 100
              validation: 0.1
            training:
              learning_rate: 7
              warmup_steps: 3
              warmup_ratio: 0.1
              optim: madgrad
            lora:
              r: 0
            """;
        var problems = Refused(text);
        Assert.Equal(["unknown_key", "out_of_range", "exclusive", "part_unknown", "out_of_range"], problems.Select(p => p.Code));
        Assert.Equal([3L, 6L, 7L, 9L, 11L], problems.Select(p => p.Line));
        Assert.Equal("Did you mean data.max_length?", problems[0].Hint);
        Assert.Equal("training.learning_rate is 7, expected in (0, 1].", problems[1].Message);
        Assert.Equal("madgrad", problems[3].Value);
        Assert.All(problems, p => Assert.Equal("r.yaml", p.File));
    }

    [Fact]
    public void Lines_are_those_of_the_JSON_text()
    {
        var problem = Assert.Single(Refused("{\n  \"training\": {\n\n    \"max_steps\": 0 } }", "r.json"));
        Assert.Equal(4, problem.Line);
    }

    [Fact]
    public void A_recipe_of_a_gigabyte_or_a_thousand_levels_is_refused_quickly()
    {
        Refused(new string('a', 2 << 20));
        Refused(string.Concat(Enumerable.Repeat("{a: ", 1000)));
        Refused(string.Concat(Enumerable.Repeat("[", 100_000)));
    }

    [Fact]
    public void What_is_refused_for_good_is_refused_by_name_with_its_reason()
    {
        foreach (var (path, _, what, remedy) in RecipeRefusals.Lines)
        {
            Assert.Contains(RecipeKeys.All, key => key.Path == path);
            Assert.False(string.IsNullOrWhiteSpace(what) || string.IsNullOrWhiteSpace(remedy));
        }
    }

    [Theory]
    [InlineData("{% for m in messages %}{{ m.content }}", "is no template that can be read")]
    [InlineData("hello", "has neither {{ … }} nor {% … %}")]
    [InlineData("", "has neither {{ … }} nor {% … %}")]
    public void A_template_in_a_file_is_read_with_the_recipe(string content, string said)
    {
        var problem = Assert.Single(Assert.Throws<TemperException>(() => RecipeReader.ReadNoted("seed: 1\ndata: {max_length: 64,\n  chat_template: mine.jinja}", "r.yaml", [], null, _ => content)).Problems);
        Assert.Equal(("template_invalid", "data.chat_template", 3L), (problem.Code, problem.Path, problem.Line));
        Assert.Contains(said, problem.Message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<Problem> Refused(string text, string file = "r.yaml") =>
        Assert.Throws<TemperException>(() => RecipeReader.Read(text, text.StartsWith('{') && text.Contains('"', StringComparison.Ordinal) ? "r.json" : file)).Problems;
}
