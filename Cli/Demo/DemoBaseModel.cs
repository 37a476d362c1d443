using System.Threading.Channels;
using Temper.Cli.Output;
using Temper.Models;
using Temper.Storage.Blobs;
using Temper.Tensors;
using Temper.Training;
using Temper.Training.Checkpoints;
using Temper.Training.Recipes;

namespace Temper.Cli.Demo;

/// <summary>
/// A small English-speaking base model, made from nothing: a byte-level BPE tokenizer and a llama-shaped decoder, both trained here on
/// <see cref="BaseCorpus"/> with the same loop that fine-tunes. The same files on every machine with the same numerics.
/// </summary>
internal sealed class DemoBaseModel(Terminal terminal, int threads)
{
    private const int Chats = 24_000, Prose = 4_000, Products = 8, Vocabulary = 1_536;
    private const ulong Seed = 42;
    private const string End = "<|end|>";

    /// <summary>One token for the role, the text, one token for its end.</summary>
    private const string Template =
        "{%- for message in messages %}{{- '<|' + message['role'] + '|>' }}" +
        "{%- if message['role'] == 'assistant' %}{% generation %}{{- message['content'] + '<|end|>' }}{% endgeneration %}" +
        "{%- else %}{{- message['content'] + '<|end|>' }}{%- endif %}{%- endfor %}" +
        "{%- if add_generation_prompt %}{{- '<|assistant|>' }}{%- endif %}";

    private static readonly string[] SpecialTokens = ["<|pad|>", End, "<|system|>", "<|user|>", "<|assistant|>"];

    private static readonly Recipe Pretrain = new()
    {
        Seed = (int)Seed,
        Data = new() { MaxLength = 256 },
        Training = new()
        {
            LearningRate = 3e-3,
            NumTrainEpochs = 1,
            PerDeviceTrainBatchSize = 44,
            WarmupRatio = 0.05,
            WeightDecay = 0.01,
            AdamBeta2 = 0.95,
            SaveStrategy = Cadence.Steps,
            SaveSteps = 100,
            SaveTotalLimit = 2,
            LoggingSteps = 100,
        },
    };

    /// <summary>Trains tokenizer and model and writes them to <paramref name="folder"/> in Hugging Face layout. Checkpoints go below
    /// <paramref name="work"/>, from which an interrupted run goes on.</summary>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task MakeAsync(string folder, string work, CancellationToken ct)
    {
        var corpus = new BaseCorpus(new BaseKnowledge(), Products, Seed);
        var texts = Enumerable.Range(0, Chats).Select(corpus.Chat).Select(c => $"<|user|>{c.Question}{End}<|assistant|>{c.Answer}{End}")
            .Concat(Enumerable.Range(0, Prose).Select(i => corpus.Prose(i) + End)).ToArray();
        var tokenizerJson = BpeTrainer.Train(texts.Concat(corpus.Vocabulary().SelectMany(word => new[] { word, " " + word })), Vocabulary, SpecialTokens);
        var tokenizer = Tokenizer.Parse(tokenizerJson);
        var end = tokenizer.IdOf(End)!.Value;
        var config = Config(tokenizer, end);
        var documents = Pretraining.Documents(tokenizer, texts, null);
        terminal.Line($"  tokenizer of {Format.Number(tokenizer.VocabularySize)} tokens; {Format.Number(documents.Sum(d => (long)d.Length))} tokens of generated text");
        using var engine = CpuEngine.Create(threads);
        using var model = await TrainAsync(engine, config, documents, work, ct);
        terminal.Line($"  model of {Format.Number(model.Weights.Sum(w => w.Tensor.Count))} parameters, {config.Layers} layers of width {config.HiddenSize}");
        ModelFolder.Save(folder, model, tokenizerJson, Template, new GenerationConfig { DoSample = false, EosTokenIds = [end], PadTokenId = 0, MaxNewTokens = 64 });
    }

    private static ModelConfig Config(Tokenizer tokenizer, int end) => new()
    {
        VocabularySize = tokenizer.VocabularySize,
        HiddenSize = 128,
        IntermediateSize = 352,
        Layers = 4,
        Heads = 4,
        KeyValueHeads = 4,
        HeadSize = 32,
        MaxPositions = 512,
        NormEpsilon = 1e-5,
        TieWordEmbeddings = true,
        EosTokenIds = [end],
        PadTokenId = 0,
    };

    private async Task<Decoder> TrainAsync(IEngine engine, ModelConfig config, IReadOnlyList<int[]> documents, string work, CancellationToken ct)
    {
        var checkpoints = new CheckpointStore(BlobStores.Open(Path.Combine(work, "checkpoints"), TimeProvider.System), "base", "base", Path.Combine(work, "scratch"));
        var events = Channel.CreateUnbounded<TrainEvent>();
        var control = new RunControl();
        using var stop = ct.Register(() => control.Ask(StopReason.HandedBack));
        var showing = ShowAsync(events.Reader);
        try
        {
            return await Task.Factory.StartNew(() => Pretraining.Run(engine, config, documents, Pretrain, TimeProvider.System, control, events.Writer, checkpoints, Product.Informational),
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            events.Writer.TryComplete();
            await showing;
        }
    }

    private async Task ShowAsync(ChannelReader<TrainEvent> events)
    {
        using var progress = terminal.Progress("base");
        var total = 1;
        await foreach (var happened in events.ReadAllAsync())
        {
            if (happened is TrainEvent.Planned plan)
            {
                total = plan.TotalSteps;
                if (plan.FirstStep > 0)
                    terminal.Line($"  going on from step {plan.FirstStep} of an interrupted run");
            }
            else if (happened is TrainEvent.StepDone { Metrics: var point })
                progress.Show((double)point.Step / total, $"step {point.Step}/{total}{Verbs.Follower.Text(point)}");
            else if (happened is TrainEvent.Said { Level: not "info" } said)
                terminal.Note($"[yellow]{said.Level}[/] {Style.Escape(said.Text)}");
        }
    }
}
