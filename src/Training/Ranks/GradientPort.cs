using Temper.Tensors;

namespace Temper.Training.Ranks;

/// <summary>Gradients in and out of any engine, with nothing but its port.</summary>
internal static class GradientPort
{
    /// <summary>Gives a parameter that has no gradient one that is all zero, in memory of its own; its bytes may then be overwritten.</summary>
    public static void Open(IEngine engine, Tensor parameter)
    {
        using var scope = engine.BeginScope();
        var sum = parameter.Rank == 0 ? engine.Reshape(parameter, 1) : parameter;
        while (sum.Rank > 0)
            sum = engine.Sum(sum, 0);
        engine.Backward(sum, 0);
    }

    /// <summary>Overwrites a piece of a gradient.</summary>
    public static void Put(IEngine engine, Tensor parameter, long offset, ReadOnlySpan<byte> bytes)
    {
        using var scope = engine.BeginScope();
        engine.Upload(engine.GradOf(parameter)!, offset, bytes);
    }

    /// <summary>Reads a gradient piece by piece; whether there is one.</summary>
    public static bool Read(IEngine engine, Tensor parameter, byte[] buffer, Action<long, int> piece)
    {
        using var scope = engine.BeginScope();
        if (engine.GradOf(parameter) is not { } grad)
            return false;
        for (var at = 0L; at < grad.ByteCount; at += buffer.Length)
        {
            var count = (int)Math.Min(buffer.Length, grad.ByteCount - at);
            engine.Download(grad, at, buffer.AsSpan(0, count));
            piece(at, count);
        }
        return true;
    }
}
