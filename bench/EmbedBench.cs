using System.Runtime.InteropServices;
using Temper.Models;
using Temper.Tensors;

namespace Temper.Bench;

/// <summary>Vectors of 64 texts of 128 tokens, the mean of the last hidden states of an encoder of MiniLM's shape.</summary>
internal static class EmbedBench
{
    private const int Texts = 64, Length = 128;

    private static readonly EncoderConfig MiniLm = new()
    {
        Kind = EncoderKind.Bert,
        VocabularySize = 30522,
        HiddenSize = 384,
        IntermediateSize = 1536,
        Layers = 6,
        Heads = 12,
        MaxPositions = 512,
        TokenTypes = 2,
    };

    public static Dictionary<string, object> Run(Arguments arguments)
    {
        arguments.Allow("--steps", "--profile");
        var clock = arguments.Has("--profile") ? new OperationClock() : null;
        using var engine = CpuEngine.Create(arguments.Threads, clock: clock);
        using var encoder = Encoder.Create(engine, MiniLm, 1, _ => false);
        encoder.Prepack();
        int[] tokens = [.. Enumerable.Range(0, Texts * Length).Select(i => (int)Philox.Below(new RandomKey(1, 2), i, MiniLm.VocabularySize))];
        var batch = new PackedBatch(tokens, [.. Enumerable.Repeat(Length, Texts)]);
        var vectors = new float[Texts * MiniLm.HiddenSize];
        var times = Report.Times(arguments.Steps, () =>
        {
            using var means = encoder.Embed(batch);
            engine.Download(means, 0, MemoryMarshal.AsBytes(vectors.AsSpan()));
        }, started: () => clock?.Reset());
        var fields = new Dictionary<string, object>
        {
            ["bench"] = "embed",
            ["texts"] = Texts,
            ["tokens"] = Length,
            ["texts_s_med"] = Math.Round(Texts / Report.Median(times), 1),
            ["texts_s_best"] = Math.Round(Texts / times.Min(), 1),
            ["tok_s_med"] = Math.Round(Texts * Length / Report.Median(times), 1),
        };
        if (clock is not null) fields["profile"] = Profile.Of(clock, times.Sum());
        return fields.WithEngine(engine);
    }
}
