using System.Text.Json;
using Temper.Core.Errors;
using Temper.Tensors;
using Temper.Testing;

namespace Temper.Models.Tests;

/// <summary>Folders as sentence-transformers writes them.</summary>
public sealed class SentencePoolingTests : IDisposable
{
    private static readonly string[] Words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "box", "is", "green", "##er", "red", "where"];
    private readonly TempFolder folder = new();
    private readonly IEngine engine = CpuEngine.Create(threads: 1);

    public SentencePoolingTests()
    {
        foreach (var file in new[] { "config.json", "model.safetensors" })
            File.Copy(Path.Combine(TinyModel.DataPath(Path.Combine("encoders", "minilm")), file), folder.Of(file));
        File.WriteAllText(folder.Of("tokenizer.json"), JsonSerializer.Serialize(new
        {
            version = "1.0",
            added_tokens = Words.Take(4).Select((content, id) => new { id, content, single_word = false, lstrip = false, rstrip = false, normalized = false, special = true }),
            normalizer = new { type = "BertNormalizer", clean_text = true, handle_chinese_chars = true, strip_accents = (bool?)null, lowercase = true },
            pre_tokenizer = new { type = "BertPreTokenizer" },
            post_processor = new { type = "BertProcessing", sep = new object[] { "[SEP]", 3 }, cls = new object[] { "[CLS]", 2 } },
            decoder = new { type = "WordPiece", prefix = "##", cleanup = true },
            model = new { type = "WordPiece", unk_token = "[UNK]", continuing_subword_prefix = "##", max_input_chars_per_word = 100, vocab = Words.Select((word, id) => (word, id)).ToDictionary(w => w.word, w => w.id) },
        }));
        Write("modules.json", """[{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}, {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}, {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]""");
        Write("sentence_bert_config.json", """{"max_seq_length": 8, "do_lower_case": false}""");
        Pooling("mean");
    }

    public void Dispose()
    {
        engine.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("mean")]
    [InlineData("cls")]
    public void A_text_becomes_the_vector_that_its_files_ask_for(string mode)
    {
        Pooling(mode);
        int[] tokens = [2, 4, 5, 6, 7, 8, 3];
        using var files = EncoderFolder.Open(folder.Of());
        using var encoder = files.Load(engine);
        var hidden = engine.ToFloats(encoder.Hidden(new PackedBatch(tokens, [tokens.Length])));
        var width = encoder.Config.HiddenSize;
        double[] expected = [.. Enumerable.Range(0, width).Select(i => mode == "cls" ? hidden[i] : Enumerable.Range(0, tokens.Length).Average(t => (double)hidden[t * width + i]))];
        var length = Math.Sqrt(expected.Sum(x => x * x));

        using var model = EmbeddingModel.Open(folder.Of(), engine);
        var (vectors, count) = model.Embedder.Embed(["The box is GREENER", "red"]);
        Assert.Equal(tokens.Length + 3, count);
        Assert.All(expected.Zip(vectors[0]), pair => Assert.Equal(pair.First / length, pair.Second, 1e-6));
        Assert.Equal(vectors[0], model.Embedder.Embed(["The box is GREENER"]).Vectors[0]);
    }

    [Fact]
    public void A_text_beyond_the_files_limit_is_named_and_not_cut()
    {
        using var model = EmbeddingModel.Open(folder.Of(), engine);
        var error = Assert.Throws<TemperException>(() => model.Embedder.Embed(["red", "the box is green the box is green"]));
        Assert.Equal("context_length_exceeded", error.Code);
        Assert.Contains("at most 8", error.Message);
        Assert.Equal(2, error.Problems[0].Line);
    }

    [Fact]
    public void Of_a_longer_text_its_begin_is_read_where_that_is_asked_for_and_still_ends_as_texts_end()
    {
        using var model = EmbeddingModel.Open(folder.Of(), engine);
        var begins = model.Embedder.EmbedBegins(["the box is green where red is the box", "red"], 512);
        Assert.Equal(model.Embedder.Embed(["the box is green where red"]).Vectors[0], begins[0]);
        Assert.Equal(model.Embedder.Embed(["the box"]).Vectors[0], model.Embedder.EmbedBegins(["the box is green"], 4)[0]);
        Assert.Equal(model.Embedder.Embed(["red"]).Vectors[0], begins[1]);
    }

    [Theory]
    [InlineData("""{"pooling_mode_max_tokens": true}""", "pooling by pooling_mode_max_tokens is not supported")]
    [InlineData("""{"pooling_mode_mean_tokens": true, "pooling_mode_cls_token": true}""", "is not supported")]
    [InlineData("""{}""", "pooling by nothing")]
    public void Pooling_that_there_is_not_is_refused_by_name(string config, string words)
    {
        Write("1_Pooling/config.json", config);
        var error = Assert.Throws<TemperException>(() => EmbeddingModel.Open(folder.Of(), engine));
        Assert.Equal("unsupported_architecture", error.Code);
        Assert.Contains(words, error.Message);
    }

    [Fact]
    public void The_newest_files_name_the_mode_of_pooling_in_one_word()
    {
        using var before = EmbeddingModel.Open(folder.Of(), engine);
        var mean = before.Embedder.Embed(["red"]).Vectors[0];
        Write("1_Pooling/config.json", """{"embedding_dimension": 48, "pooling_mode": "mean"}""");
        using var after = EmbeddingModel.Open(folder.Of(), engine);
        Assert.Equal(mean, after.Embedder.Embed(["red"]).Vectors[0]);
    }

    [Theory]
    [InlineData("""{"max_seq_length": "many"}""", "config_invalid", "max_seq_length")]
    [InlineData("""{"max_seq_length": 8, "do_lower_case": true}""", "unsupported_architecture", "do_lower_case")]
    public void Limits_that_cannot_be_kept_are_named(string limits, string code, string words)
    {
        Write("sentence_bert_config.json", limits);
        var error = Assert.Throws<TemperException>(() => EmbeddingModel.Open(folder.Of(), engine));
        Assert.Equal(code, error.Code);
        Assert.Contains(words, error.Message);
    }

    [Theory]
    [InlineData("""[{"path": "2_Dense", "type": "sentence_transformers.models.Dense"}]""", "module 'sentence_transformers.models.Dense' is not supported")]
    [InlineData("""[{"path": "../other", "type": "sentence_transformers.models.Pooling"}]""", "does not stay in the model's folder")]
    [InlineData("""[{"path": "", "type": "sentence_transformers.models.Transformer"}]""", "its modules are 'Transformer'")]
    [InlineData("""[{"path": "", "type": "a.Transformer"}, {"path": "", "type": "a.Normalize"}, {"path": "1_Pooling", "type": "a.Pooling"}]""", "its modules are 'Transformer, Normalize, Pooling'")]
    public void A_module_that_there_is_not_is_refused_by_name(string modules, string words)
    {
        Write("modules.json", modules);
        Assert.Contains(words, Assert.Throws<TemperException>(() => EmbeddingModel.Open(folder.Of(), engine)).Message);
    }

    private void Pooling(string mode) => Write("1_Pooling/config.json", $$"""{"word_embedding_dimension": 48, "pooling_mode_cls_token": {{(mode == "cls" ? "true" : "false")}}, "pooling_mode_mean_tokens": {{(mode == "mean" ? "true" : "false")}}, "pooling_mode_max_tokens": false}""");

    private void Write(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder.Of(file))!);
        File.WriteAllText(folder.Of(file), text);
    }
}
