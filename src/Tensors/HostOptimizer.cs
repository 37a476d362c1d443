using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Temper.Tensors;

/// <summary>An optimizer above the engine port, for any engine: gradients come to the host, weights go back. What a plug-in derives from; slower than one
/// inside an engine where all weights are trained. Moments are f32, arithmetic is that of the derived class.</summary>
public abstract class HostOptimizer : IOptimizer
{
    private readonly IEngine engine;
    private readonly IOptimizer gradients;
    private readonly string name;
    private readonly HostParameter[] parameters;
    private double clip = 1;

    /// <summary>Takes parameters and makes their moments, all zero.</summary>
    /// <param name="engine">That the parameters belong to.</param>
    /// <param name="name">Up to eight letters of ASCII, which the state begins with.</param>
    /// <param name="groups">What is updated.</param>
    protected HostOptimizer(IEngine engine, string name, IReadOnlyList<ParameterGroup> groups)
    {
        (this.engine, this.name) = (engine, name);
        parameters = [.. groups.SelectMany(group => group.Parameters.Select(tensor => new HostParameter(tensor, group, [.. MomentsOf(tensor.Shape.ToArray()).Select(count => new float[count])])))];
        gradients = engine.Sgd(groups, new SgdOptions());
    }

    /// <inheritdoc/>
    public long Steps { get; private set; }

    /// <inheritdoc/>
    public double ClipNorm(double maxNorm)
    {
        var norm = gradients.ClipNorm(0);
        clip = maxNorm > 0 ? Math.Min(1, maxNorm / (norm + 1e-6)) : 1;
        return norm;
    }

    /// <inheritdoc/>
    public void Step(double learningRate)
    {
        Steps++;
        foreach (var parameter in parameters)
        {
            if (engine.GradOf(parameter.Tensor) is not { } grad) continue;
            var (values, slopes) = (engine.ToFloats(parameter.Tensor), engine.ToFloats(grad));
            if (clip < 1)
                for (var i = 0; i < slopes.Length; i++) slopes[i] = (float)(slopes[i] * clip);
            Update(parameter, values, slopes, learningRate * parameter.Group.LearningRateScale);
            engine.SetFloats(parameter.Tensor, values);
        }
    }

    /// <inheritdoc/>
    public void ZeroGrad()
    {
        clip = 1;
        gradients.ZeroGrad();
    }

    /// <inheritdoc/>
    public void ExportState(Stream target)
    {
        foreach (var value in (long[])[Magic, sizeof(float), Steps, parameters.Length]) Write(target, value);
        foreach (var parameter in parameters)
        {
            Write(target, parameter.Tensor.Count);
            foreach (var moment in parameter.Moments) target.Write(MemoryMarshal.AsBytes<float>(moment));
        }
    }

    /// <inheritdoc/>
    public void ImportState(Stream source)
    {
        var (magic, size, steps, count) = (OptimizerState.Read(source), OptimizerState.Read(source), OptimizerState.Read(source), OptimizerState.Read(source));
        if (magic != Magic || size != sizeof(float)) throw new InvalidDataException($"optimizer state: not a state of {name} of this program");
        if (count != parameters.Length) throw new InvalidDataException($"optimizer state: {count} parameters, expected {parameters.Length}");
        var read = new List<float[][]>();
        foreach (var parameter in parameters)
        {
            var elements = OptimizerState.Read(source);
            if (elements != parameter.Tensor.Count) throw new InvalidDataException($"optimizer state: parameter {read.Count} has {elements} elements, expected {parameter.Tensor.Count}");
            read.Add([.. parameter.Moments.Select(moment => ReadMoment(source, moment.Length))]);
        }

        foreach (var (parameter, moments) in parameters.Zip(read))
            foreach (var (to, from) in parameter.Moments.Zip(moments)) from.CopyTo(to, 0);
        Steps = steps;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        gradients.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Lengths of the moments that a parameter of this shape has.</summary>
    protected abstract IEnumerable<int> MomentsOf(long[] shape);

    /// <summary>Changes <paramref name="values"/> in place. <see cref="Steps"/> counts this update already.</summary>
    /// <param name="parameter">Its shape, settings and moments.</param>
    /// <param name="values">The weights.</param>
    /// <param name="slopes">The gradient, clipped.</param>
    /// <param name="rate">Learning rate, the group's factor included.</param>
    protected abstract void Update(HostParameter parameter, Span<float> values, ReadOnlySpan<float> slopes, double rate);

    private long Magic => BinaryPrimitives.ReadInt64LittleEndian(Encoding.ASCII.GetBytes(name.PadRight(8, '\0')[..8]));

    private static float[] ReadMoment(Stream source, int count)
    {
        var values = new float[count];
        try
        {
            source.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        }
        catch (EndOfStreamException error)
        {
            throw new InvalidDataException("optimizer state: the data ends early", error);
        }

        return values;
    }

    private static void Write(Stream target, long value)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(number, value);
        target.Write(number);
    }
}

/// <summary>A parameter of a <see cref="HostOptimizer"/>.</summary>
/// <param name="Tensor">On its engine.</param>
/// <param name="Group">Its settings.</param>
/// <param name="Moments">What the optimizer remembers of it.</param>
public sealed record HostParameter(Tensor Tensor, ParameterGroup Group, IReadOnlyList<float[]> Moments);
