using Temper.Tensors;

namespace Temper.Models.Tests;

/// <summary>A golden encoder's inputs through the encoder, and the loss that tests/reference/encoders.py takes of them.</summary>
internal static class EncoderPass
{
    public static (Tensor Hidden, int[] Lengths) Hidden(Encoder encoder, GoldenModel golden, bool checkpointing = false)
    {
        var how = new ForwardOptions { Recompute = checkpointing ? Recomputation.Blocks : Recomputation.Nothing };
        if (encoder.Config.Kind == EncoderKind.Vit) return (encoder.Hidden(golden.Floats("pixels"), how), [.. Enumerable.Repeat(1 + encoder.Config.Patches, golden.Ints("labels").Length)]);
        var lengths = golden.Ints("lengths");
        return (encoder.Hidden(new PackedBatch(golden.Ints("ids"), lengths), how, golden.Ints("types")), lengths);
    }

    public static (Tensor Sum, int Count) Loss(Encoder encoder, GoldenModel golden, bool checkpointing = false)
    {
        var engine = encoder.Engine;
        var (hidden, lengths) = Hidden(encoder, golden, checkpointing);
        if (encoder.Config.Head == ModelHead.Classification) return (encoder.ClassLoss(encoder.Features(hidden, lengths), golden.Ints("labels")).Sum, lengths.Length);
        var vectors = encoder.Config.Kind == EncoderKind.Bert ? engine.SegmentMean(hidden, lengths) : encoder.Features(hidden, lengths);
        return (engine.Sum(engine.Sum(engine.Mul(vectors, vectors), 1), 0), lengths.Length);
    }
}
