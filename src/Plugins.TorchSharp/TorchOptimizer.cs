using System.Buffers.Binary;
using Temper.Tensors;
using TorchSharp;
using ScalarType = TorchSharp.torch.ScalarType;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

/// <summary>
/// What optimizers on libtorch share. Its own classes in the binding make temporary scalars in every step and are not used. State is exported in the layout
/// of the processor's engine, so that a run can continue there: magic, element size, steps, parameters; then per parameter its element count and its
/// moments, little-endian.
/// </summary>
internal abstract class TorchOptimizer : IOptimizer
{
    private const int ElementSize = sizeof(float);
    private readonly TorchEngine _engine;
    private readonly string _name;
    private readonly long _magic;
    private readonly List<Slot> _slots = [];
    private double _clip = 1;

    protected TorchOptimizer(TorchEngine engine, Scalars scalars, string name, long magic, int moments, IReadOnlyList<ParameterGroup> groups)
    {
        (_engine, Scalars, _name, _magic) = (engine, scalars, name, magic);
        using var scope = torch.NewDisposeScope();
        foreach (var group in groups)
            foreach (var parameter in group.Parameters)
            {
                var value = TorchEngine.Of(parameter);
                if (value is not global::TorchSharp.Modules.Parameter)
                    throw new AutogradException(name, $"{parameter} is not a parameter");
                _slots.Add(new(value, [.. Enumerable.Range(0, moments).Select(_ => new TorchTensor(Zeros(value)))], group));
            }
    }

    /// <inheritdoc/>
    public long Steps { get; private set; }

    /// <summary>Numbers that outlive the calls that read them.</summary>
    protected Scalars Scalars { get; }

    /// <inheritdoc/>
    public double ClipNorm(double maxNorm)
    {
        var total = 0.0;
        foreach (var slot in _slots)
        {
            using var scope = torch.NewDisposeScope();
            if (slot.Parameter.grad is not { } grad)
                continue;
            var wide = grad.to_type(ScalarType.Float64);
            total += wide.mul(wide).sum().cpu().item<double>();
        }
        var norm = Math.Sqrt(total);
        _clip = maxNorm > 0 ? Math.Min(1, maxNorm / (norm + 1e-6)) : 1;
        return norm;
    }

    /// <inheritdoc/>
    public void Step(double learningRate)
    {
        Steps++;
        using var still = torch.no_grad();
        foreach (var slot in _slots)
        {
            using var scope = torch.NewDisposeScope();
            if (slot.Parameter.grad is { } grad)
                Update(slot, grad.mul(Scalars[_clip]), learningRate * slot.Group.LearningRateScale);
        }
    }

    /// <inheritdoc/>
    public void ZeroGrad()
    {
        _clip = 1;
        foreach (var slot in _slots)
            slot.Parameter.grad = null;
    }

    /// <inheritdoc/>
    public void ExportState(Stream target)
    {
        foreach (var number in (long[])[_magic, ElementSize, Steps, _slots.Count])
            Write(target, number);
        foreach (var slot in _slots)
        {
            Write(target, slot.Parameter.numel());
            foreach (var moment in slot.Moments)
                Write(target, moment);
        }
    }

    /// <inheritdoc/>
    public void ImportState(Stream source)
    {
        if (Read(source) != _magic)
            throw new InvalidDataException($"optimizer state: not a state of {_name} of this program");
        if (Read(source) is var size && size != ElementSize)
            throw new InvalidDataException($"optimizer state: elements of {size} bytes, expected {ElementSize}");
        var steps = Read(source);
        if (Read(source) is var count && count != _slots.Count)
            throw new InvalidDataException($"optimizer state: {count} parameters, expected {_slots.Count}");
        var arrived = _slots.Select(slot => ReadSlot(source, slot)).ToList();
        foreach (var (slot, moments) in _slots.Zip(arrived))
            foreach (var (moment, bytes) in slot.Moments.Zip(moments))
                _engine.Upload(moment, 0, bytes);
        Steps = steps;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var moment in _slots.SelectMany(slot => slot.Moments))
            moment.Dispose();
    }

    /// <summary>Updates one parameter from its clipped gradient.</summary>
    protected abstract void Update(Slot slot, T grad, double rate);

    private static T Zeros(T like) => like.detach().zeros_like().DetachFromDisposeScope();

    private void Write(Stream target, TorchTensor moment)
    {
        var bytes = new byte[moment.ByteCount];
        _engine.Download(moment, 0, bytes);
        target.Write(bytes);
    }

    private static void Write(Stream target, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        target.Write(bytes);
    }

    private static byte[][] ReadSlot(Stream source, Slot slot)
    {
        var elements = slot.Parameter.numel();
        if (Read(source) is var count && count != elements)
            throw new InvalidDataException($"optimizer state: a parameter has {count} elements, expected {elements}");
        return [.. slot.Moments.Select(moment =>
        {
            var bytes = new byte[moment.ByteCount];
            Fill(source, bytes);
            return bytes;
        })];
    }

    private static long Read(Stream source)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        Fill(source, bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }

    private static void Fill(Stream source, Span<byte> target)
    {
        try
        {
            source.ReadExactly(target);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException("optimizer state: the data ends early", e);
        }
    }

    protected sealed record Slot(T Parameter, TorchTensor[] Moments, ParameterGroup Group);
}
