using Temper.Tensors;

namespace Temper.Models;

/// <summary>Cosines and sines by position, [positions, HeadSize / 2]: angle = position · frequency. On an f32 engine frequencies and angles are
/// rounded to f32 as transformers does.</summary>
internal sealed class RotaryTable : IDisposable
{
    private const int Piece = 1024;
    private readonly IEngine engine;
    private readonly ModelConfig config;
    private readonly Tensor cos, sin;

    public RotaryTable(IEngine engine, ModelConfig config)
    {
        (this.engine, this.config) = (engine, config);
        (cos, sin) = (engine.Empty(engine.Info.Compute, config.MaxPositions, config.HeadSize / 2), engine.Empty(engine.Info.Compute, config.MaxPositions, config.HeadSize / 2));
        Fill(cos, sin, 0, config.MaxPositions, RotaryFrequencies.Of(config, config.MaxPositions));
    }

    /// <summary>The places of tokens that follow these positions, for cached sequences of at most MaxPositions.</summary>
    public RotaryPlaces At(ReadOnlySpan<int> positions) => new(cos, sin, engine.FromInts(positions, positions.Length), config.HeadSize);

    /// <summary>The places of documents laid end to end. With <see cref="RotaryKind.Dynamic"/> each document beyond MaxPositions has
    /// frequencies of its own length, so it does not matter what it is batched with.</summary>
    public RotaryPlaces Of(PackedBatch batch, ReadOnlySpan<int> places)
    {
        if (config.Rope.Kind != RotaryKind.Dynamic || batch.Lengths.All(length => length <= config.MaxPositions)) return At(places);
        var positions = places.ToArray();
        var rows = config.MaxPositions + batch.Lengths.Where(length => length > config.MaxPositions).Sum();
        var (c, s) = (engine.Empty(engine.Info.Compute, rows, config.HeadSize / 2), engine.Empty(engine.Info.Compute, rows, config.HeadSize / 2));
        Fill(c, s, 0, config.MaxPositions, RotaryFrequencies.Of(config, config.MaxPositions));
        var (token, row) = (0, config.MaxPositions);
        foreach (var length in batch.Lengths)
        {
            if (length > config.MaxPositions)
            {
                Fill(c, s, row, length, RotaryFrequencies.Of(config, length));
                for (var i = 0; i < length; i++) positions[token + i] += row;
                row += length;
            }

            token += length;
        }

        return new RotaryPlaces(c, s, engine.FromInts(positions, positions.Length), config.HeadSize);
    }

    public void Dispose()
    {
        cos.Dispose();
        sin.Dispose();
    }

    /// <summary>Writes the angles of positions 0 … count - 1 into rows from <paramref name="start"/> on.</summary>
    private void Fill(Tensor cosines, Tensor sines, int start, int count, double[] frequencies)
    {
        var (rounds, half, magnitude) = (engine.Info.Compute == DType.F32, frequencies.Length, RotaryFrequencies.Magnitude(config.Rope));
        using var scope = engine.BeginScope();
        for (var first = 0; first < count; first += Piece)
        {
            var rows = Math.Min(Piece, count - first);
            var (c, s) = (new double[rows * half], new double[rows * half]);
            for (var i = 0; i < c.Length; i++)
            {
                var (position, frequency) = (first + i / half, frequencies[i % half]);
                var (sine, cosine) = Math.SinCos(rounds ? position * (float)frequency : position * frequency);
                (c[i], s[i]) = (cosine * magnitude, sine * magnitude);
            }

            int[] places = [.. Enumerable.Range(start + first, rows)];
            engine.WriteRows(cosines, places, engine.FromDoubles(c, rows, half));
            engine.WriteRows(sines, places, engine.FromDoubles(s, rows, half));
        }
    }
}

/// <summary>Where the tokens of one pass stand.</summary>
internal readonly record struct RotaryPlaces(Tensor Cos, Tensor Sin, Tensor Positions, int HeadSize);
