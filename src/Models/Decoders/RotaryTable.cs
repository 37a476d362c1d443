using Temper.Tensors;

namespace Temper.Models;

/// <summary>Cosines and sines of all positions, [MaxPositions, HeadSize / 2]: angle = position · θ^(-2j/HeadSize) (Su et al. 2021,
/// arXiv:2104.09864). On an f32 engine frequencies and angles are rounded to f32 as transformers does.</summary>
internal sealed class RotaryTable : IDisposable
{
    public RotaryTable(IEngine engine, ModelConfig config)
    {
        var half = config.HeadSize / 2;
        var (cos, sin) = (new double[config.MaxPositions * half], new double[config.MaxPositions * half]);
        var rounds = engine.Info.Compute == DType.F32;
        for (var j = 0; j < half; j++)
        {
            var frequency = 1 / Math.Pow(config.RopeTheta, 2.0 * j / config.HeadSize);
            for (var position = 0; position < config.MaxPositions; position++)
            {
                var angle = rounds ? position * (float)frequency : position * frequency;
                (sin[position * half + j], cos[position * half + j]) = Math.SinCos(angle);
            }
        }

        Cos = engine.FromDoubles(cos, config.MaxPositions, half);
        Sin = engine.FromDoubles(sin, config.MaxPositions, half);
    }

    public Tensor Cos { get; }

    public Tensor Sin { get; }

    public void Dispose()
    {
        Cos.Dispose();
        Sin.Dispose();
    }
}
