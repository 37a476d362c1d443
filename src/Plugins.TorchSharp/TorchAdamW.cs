using System.Buffers.Binary;
using Temper.Tensors;
using TorchSharp;
using ScalarType = TorchSharp.torch.ScalarType;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

/// <summary>
/// AdamW in place (Loshchilov &amp; Hutter 2019, arXiv:1711.05101). libtorch's own class in the binding makes temporary scalars in every step and is not used.
/// State is exported in the layout of the processor's engine, so that a run can continue there: magic, element size, steps, parameters; then per parameter
/// its element count and both moments, little-endian.
/// </summary>
internal sealed class TorchAdamW : IOptimizer
{
    private const long Magic = 0x31_57_6D_61_64_41_54;
    private const int ElementSize = sizeof(float);
    private readonly TorchEngine _engine;
    private readonly Scalars _scalars;
    private readonly AdamWOptions _options;
    private readonly List<Slot> _slots = [];
    private double _clip = 1;

    public TorchAdamW(TorchEngine engine, Scalars scalars, IReadOnlyList<ParameterGroup> groups, AdamWOptions options)
    {
        (_engine, _scalars, _options) = (engine, scalars, options);
        using var scope = torch.NewDisposeScope();
        foreach (var group in groups)
            foreach (var parameter in group.Parameters)
            {
                var value = TorchEngine.Of(parameter);
                if (value is not global::TorchSharp.Modules.Parameter)
                    throw new AutogradException("adamw", $"{parameter} is not a parameter");
                _slots.Add(new(value, new(Zeros(value)), new(Zeros(value)), group));
            }
    }

    /// <inheritdoc/>
    public long Steps { get; private set; }

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
        var (c1, c2) = (1 - Math.Pow(_options.Beta1, Steps), 1 - Math.Pow(_options.Beta2, Steps));
        using var still = torch.no_grad();
        foreach (var slot in _slots)
        {
            using var scope = torch.NewDisposeScope();
            if (slot.Parameter.grad is { } grad)
                Update(slot, grad.mul(_scalars[_clip]), learningRate * slot.Group.LearningRateScale, c1, c2);
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
        foreach (var number in (long[])[Magic, ElementSize, Steps, _slots.Count])
            Write(target, number);
        foreach (var slot in _slots)
        {
            Write(target, slot.First.Count);
            Write(target, slot.First);
            Write(target, slot.Second);
        }
    }

    /// <inheritdoc/>
    public void ImportState(Stream source)
    {
        if (Read(source) != Magic)
            throw new InvalidDataException("optimizer state: not an AdamW state of this program");
        if (Read(source) is var size && size != ElementSize)
            throw new InvalidDataException($"optimizer state: elements of {size} bytes, expected {ElementSize}");
        var steps = Read(source);
        if (Read(source) is var count && count != _slots.Count)
            throw new InvalidDataException($"optimizer state: {count} parameters, expected {_slots.Count}");
        var arrived = _slots.Select(slot => ReadSlot(source, slot)).ToList();
        foreach (var (slot, (first, second)) in _slots.Zip(arrived))
        {
            _engine.Upload(slot.First, 0, first);
            _engine.Upload(slot.Second, 0, second);
        }
        Steps = steps;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var slot in _slots)
        {
            slot.First.Dispose();
            slot.Second.Dispose();
        }
    }

    private void Update(Slot slot, T grad, double rate, double c1, double c2)
    {
        var (m, v) = (slot.First.Value, slot.Second.Value);
        m.mul_(_scalars[_options.Beta1]).add_(grad, _scalars[1 - _options.Beta1]);
        v.mul_(_scalars[_options.Beta2]).addcmul_(grad, grad, _scalars[1 - _options.Beta2]);
        var root = v.sqrt().mul(_scalars[1 / Math.Sqrt(c2)]).add(_scalars[_options.Epsilon], _scalars[1]);
        slot.Parameter.mul_(_scalars[1 - rate * slot.Group.WeightDecay]).addcdiv_(m, root, _scalars[-rate / c1]);
    }

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

    private static (byte[] First, byte[] Second) ReadSlot(Stream source, Slot slot)
    {
        if (Read(source) is var count && count != slot.First.Count)
            throw new InvalidDataException($"optimizer state: a parameter has {count} elements, expected {slot.First.Count}");
        var (first, second) = (new byte[slot.First.ByteCount], new byte[slot.Second.ByteCount]);
        Fill(source, first);
        Fill(source, second);
        return (first, second);
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

    private sealed record Slot(T Parameter, TorchTensor First, TorchTensor Second, ParameterGroup Group);
}
