using Temper.Core.Errors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>Vectors of texts, from a decoder's or an encoder's last hidden states. A text's vector does not depend on the texts beside it. Use it on
/// one thread at a time.</summary>
public sealed class TextEmbedder
{
    private const int TokensAtOnce = 4096;
    private readonly IEngine engine;
    private readonly Tokenizer tokenizer;
    private readonly int longest;
    private readonly Func<PackedBatch, Tensor> pool;
    private readonly bool normalize;

    /// <summary>The mean of the last hidden states over the text's tokens, scaled to length 1.</summary>
    public TextEmbedder(Decoder decoder, Tokenizer tokenizer)
        : this(decoder.Engine, tokenizer, decoder.Config.HiddenSize, decoder.Config.Rope.Kind == RotaryKind.Dynamic ? int.MaxValue : decoder.Config.MaxPositions, normalize: true,
            batch => decoder.Embed(batch))
    { }

    /// <summary>What a folder of sentence-transformers asks for: <paramref name="pooling"/>, then length 1 if it says so.</summary>
    public TextEmbedder(Encoder encoder, Tokenizer tokenizer, SentencePooling pooling, LoraAdapter? adapter = null)
        : this(encoder.Engine, tokenizer, encoder.Config.HiddenSize, Math.Min(pooling.MaxTokens ?? int.MaxValue, encoder.Config.MaxPositions), pooling.Normalize, batch => pooling.Pool(encoder, batch, adapter)) { }

    private TextEmbedder(IEngine engine, Tokenizer tokenizer, int width, int longest, bool normalize, Func<PackedBatch, Tensor> pool) =>
        (this.engine, this.tokenizer, Width, this.longest, this.normalize, this.pool) = (engine, tokenizer, width, longest, normalize, pool);

    /// <summary>Numbers in a vector.</summary>
    public int Width { get; }

    /// <summary>One vector per text, in order, and the tokens that were read.</summary>
    /// <exception cref="TemperException">Code <c>data_empty_example</c> for a text without tokens and <c>context_length_exceeded</c> for one that is too
    /// long; both with the text's number, 1 and up, as line.</exception>
    public (IReadOnlyList<float[]> Vectors, int Tokens) Embed(IReadOnlyList<string> texts) => Embed(texts.Select(Encode).ToArray());

    /// <summary>As <see cref="Embed(IReadOnlyList{string})"/>, but of a text with more than <paramref name="most"/> tokens (or more than the model takes)
    /// the first ones are read, with the special tokens that end a text; a text without tokens is read as token 0.</summary>
    public IReadOnlyList<float[]> EmbedBegins(IReadOnlyList<string> texts, int most) => Embed(texts.Select(text => Begin(text, Math.Min(most, longest))).ToArray()).Vectors;

    private (IReadOnlyList<float[]> Vectors, int Tokens) Embed(int[][] encoded)
    {
        var vectors = new List<float[]>(encoded.Length);
        for (var first = 0; first < encoded.Length;)
        {
            var (count, tokens) = (0, 0);
            while (first + count < encoded.Length && (count == 0 || tokens + encoded[first + count].Length <= TokensAtOnce)) tokens += encoded[first + count++].Length;
            vectors.AddRange(Batch(encoded.AsSpan(first, count)));
            first += count;
        }

        return (vectors, encoded.Sum(ids => ids.Length));
    }

    private int[] Encode(string text, int index)
    {
        var ids = tokenizer.Encode(text, addSpecialTokens: true);
        if (ids.Length == 0) throw Bad("data_empty_example", $"Embedding text {index + 1}: it becomes no tokens.");
        return ids.Length <= longest ? ids
            : throw Bad("context_length_exceeded", $"Embedding text {index + 1}: it has {ids.Length} tokens, the model takes at most {longest}.");

        TemperException Bad(string code, string message) => new([new Problem(code, message) { Line = index + 1 }]);
    }

    private int[] Begin(string text, int most)
    {
        var ids = tokenizer.Encode(text, addSpecialTokens: true);
        if (ids.Length == 0) return [0];
        if (ids.Length <= most) return ids;
        var plain = tokenizer.Encode(text);
        var before = 0;
        while (before + plain.Length < ids.Length && !ids.AsSpan(before, plain.Length).SequenceEqual(plain)) before++;
        var after = ids.Length - before - plain.Length;
        return after < most ? [.. ids.AsSpan(0, most - after), .. ids.AsSpan(ids.Length - after)] : ids[..most];
    }

    private List<float[]> Batch(ReadOnlySpan<int[]> texts)
    {
        List<int> tokens = [], lengths = [];
        foreach (var ids in texts)
        {
            tokens.AddRange(ids);
            lengths.Add(ids.Length);
        }

        using var noGrad = engine.NoGrad();
        using var scope = engine.BeginScope();
        var means = engine.ToFloats(pool(new PackedBatch([.. tokens], [.. lengths])));
        return [.. Enumerable.Range(0, lengths.Count).Select(i => normalize ? Unit(means.AsSpan(i * Width, Width)) : means.AsSpan(i * Width, Width).ToArray())];
    }

    /// <summary>A vector scaled to length 1; zero stays zero.</summary>
    private static float[] Unit(ReadOnlySpan<float> vector)
    {
        var square = 0.0;
        foreach (var value in vector) square += (double)value * value;
        var (unit, scale) = (vector.ToArray(), square > 0 ? 1 / Math.Sqrt(square) : 1);
        for (var i = 0; i < unit.Length; i++) unit[i] = (float)(unit[i] * scale);
        return unit;
    }
}
