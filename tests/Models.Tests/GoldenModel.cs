using System.Runtime.InteropServices;
using Temper.Tensors;

namespace Temper.Models.Tests;

/// <summary>One configuration of data/decoders or data/encoders, with what PyTorch found for it (tests/reference).</summary>
internal sealed class GoldenModel : IDisposable
{
    private readonly SafetensorsReader golden;

    private GoldenModel(string folder)
    {
        Folder = TinyModel.DataPath(folder);
        golden = SafetensorsReader.Open(Path.Combine(Folder, "golden.safetensors"));
    }

    public string Folder { get; }

    public byte[] ConfigJson => File.ReadAllBytes(Path.Combine(Folder, "config.json"));

    public double Loss => Floats("loss")[0];

    /// <summary>The documents, each alone.</summary>
    public IReadOnlyList<Example> Examples
    {
        get
        {
            var (ids, masks, at) = (Ints("ids"), Ints("supervised"), 0);
            return [.. Ints("lengths").Select(length =>
            {
                at += length;
                return new Example(ids[(at - length)..at], [.. masks[(at - length)..at].Select(m => m != 0)]);
            })];
        }
    }

    public static GoldenModel Open(string kind, string name) => new(Path.Combine(kind, name));

    public static TheoryData<string> Names(string kind) => [.. Directory.GetDirectories(TinyModel.DataPath(kind)).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];

    public float[] Floats(string name) => golden.ReadFloats(golden.Find(name)!);

    public int[] Ints(string name)
    {
        var tensor = golden.Find(name)!;
        var values = new int[tensor.Count];
        golden.ReadBytes(tensor, 0, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>‖found − expected‖ / ‖expected‖ of a weight's gradient, both in the layout of files.</summary>
    public double GradientError(IEngine engine, NamedTensor weight)
    {
        var expected = Floats("grad." + weight.Name);
        var found = engine.GradOf(weight.Tensor) is { } grad ? Stored(engine, weight with { Tensor = grad }) : new float[expected.Length];
        var difference = Norm(expected.Zip(found, (x, y) => x - y));
        // Where the exact gradient is zero (a bias that softmax cancels), only rounding is left.
        return difference <= 1e-7 * Math.Max(1, Loss) ? 0 : difference / Norm(expected);
    }

    public void Dispose() => golden.Dispose();

    private static double Norm(IEnumerable<float> values) => Math.Sqrt(values.Sum(x => (double)x * x));

    private static float[] Stored(IEngine engine, NamedTensor weight)
    {
        var values = engine.ToFloats(weight.Tensor);
        if (!weight.Transposed) return values;
        var (rows, columns) = ((int)weight.Tensor.Size(0), (int)weight.Tensor.Size(1));
        return [.. Enumerable.Range(0, columns * rows).Select(i => values[i % rows * columns + i / rows])];
    }
}
