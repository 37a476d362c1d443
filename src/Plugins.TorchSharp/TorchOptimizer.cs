using System.Buffers.Binary;
using Temper.Tensors;
using TorchSharp;
using ScalarType = TorchSharp.torch.ScalarType;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

/// <summary>
/// What optimizers on libtorch share. Its own classes in the binding make temporary scalars in every step and are not used. State is exported in the layout
/// of the processor's engine, so that a run can continue there: magic, element size, steps, parameters; then per parameter its element count, where some
/// parameter had fewer updates than there were steps (told by the magic) how many fewer, and its moments, little-endian.
/// </summary>
internal abstract class TorchOptimizer : IOptimizer
{
    private const int ElementSize = sizeof(float);

    /// <summary>Added to the magic number of a state in which a parameter has fewer updates than there were steps.</summary>
    private const long Late = 1L << 48;

    /// <summary>Gradients that are clipped at a time: the copies must not need the memory of a second model.</summary>
    private const long ClippedAtATime = 1 << 26;

    private readonly TorchEngine _engine;
    private readonly string _name;
    private readonly long _magic;
    private readonly List<Slot> _slots = [];
    private readonly LeakWatch _leaks = new();
    private double _clip = 1;

    protected TorchOptimizer(TorchEngine engine, Scalars scalars, string name, long magic, int moments, IReadOnlyList<ParameterGroup> groups)
    {
        (_engine, Scalars, _name, _magic) = (engine, scalars, name, magic);
        using var scope = torch.NewDisposeScope();
        foreach (var group in groups)
            foreach (var parameter in group.Parameters)
            {
                var value = engine.Of(parameter, name);
                if (value is not global::TorchSharp.Modules.Parameter)
                    throw new AutogradException(name, $"{parameter} is not a parameter");
                _slots.Add(new(value, [.. Enumerable.Range(0, moments).Select(_ => new TorchTensor(engine, Zeros(value)))], group));
            }
    }

    /// <inheritdoc/>
    public long Steps { get; private set; }

    /// <summary>Numbers that outlive the calls that read them.</summary>
    protected Scalars Scalars { get; }

    /// <inheritdoc/>
    public double ClipNorm(double maxNorm)
    {
        using var scope = torch.NewDisposeScope();
        T? total = null;
        foreach (var slot in _slots)
        {
            using var inner = torch.NewDisposeScope();
            if (slot.Parameter.grad is not { } grad)
                continue;
            var wide = grad.to_type(ScalarType.Float64);
            var sum = wide.mul(wide).sum();
            total = (total is null ? sum : total.add(sum, Scalars[1])).MoveToOuterDisposeScope();
        }
        // Summed on the device and read once: reading makes a GPU wait.
        var norm = Math.Sqrt(total is null ? 0 : total.cpu().item<double>());
        _clip = maxNorm > 0 ? Math.Min(1, maxNorm / (norm + 1e-6)) : 1;
        return norm;
    }

    /// <inheritdoc/>
    public void Step(double learningRate)
    {
        Steps++;
        using var still = torch.no_grad();
        for (var at = 0; at < _slots.Count;)
        {
            using var scope = torch.NewDisposeScope();
            var (slots, grads, elements) = (new List<Slot>(), new List<T>(), 0L);
            for (; at < _slots.Count && elements < ClippedAtATime; at++)
            {
                if (_slots[at].Parameter.grad is not { } grad)
                {
                    _slots[at].Missed++;
                    continue;
                }
                slots.Add(_slots[at]);
                grads.Add(grad.mul(Scalars[_clip]));
                elements += grad.numel();
            }
            if (slots.Count > 0)
                Update(slots, [.. grads], learningRate);
        }
        _leaks.Step(T.TotalCount);
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
        var late = CountsUpdates && _slots.Exists(slot => slot.Missed > 0);
        foreach (var number in (long[])[late ? _magic + Late : _magic, ElementSize, Steps, _slots.Count])
            Write(target, number);
        foreach (var slot in _slots)
        {
            Write(target, slot.Parameter.numel());
            if (late)
                Write(target, slot.Missed);
            foreach (var moment in slot.Moments)
                Write(target, moment);
        }
    }

    /// <inheritdoc/>
    public void ImportState(Stream source)
    {
        var magic = Read(source);
        var late = CountsUpdates && magic == _magic + Late;
        if (!late && magic != _magic)
            throw new InvalidDataException($"optimizer state: not a state of {_name} of this program");
        if (Read(source) is var size && size != ElementSize)
            throw new InvalidDataException($"optimizer state: elements of {size} bytes, expected {ElementSize}");
        var steps = Read(source);
        if (Read(source) is var count && count != _slots.Count)
            throw new InvalidDataException($"optimizer state: {count} parameters, expected {_slots.Count}");
        var arrived = _slots.Select((slot, index) => ReadSlot(source, slot, index, late)).ToList();
        if (arrived.Exists(slot => slot.Missed < 0 || slot.Missed > steps))
            throw new InvalidDataException($"optimizer state: a parameter missed more than {steps} steps");
        foreach (var (slot, (missed, moments)) in _slots.Zip(arrived))
        {
            slot.Missed = missed;
            foreach (var (moment, bytes) in slot.Moments.Zip(moments))
                _engine.Upload(moment, 0, bytes);
        }
        Steps = steps;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var moment in _slots.SelectMany(slot => slot.Moments))
            moment.Dispose();
    }

    /// <summary>Whether an update depends on how many its parameter has had.</summary>
    protected virtual bool CountsUpdates => false;

    /// <summary>Updates some parameters from their clipped gradients.</summary>
    protected virtual void Update(IReadOnlyList<Slot> slots, T[] grads, double learningRate)
    {
        for (var i = 0; i < grads.Length; i++)
        {
            using var scope = torch.NewDisposeScope();
            Update(slots[i], grads[i], learningRate * slots[i].Group.LearningRateScale);
        }
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

    private static (long Missed, byte[][] Moments) ReadSlot(Stream source, Slot slot, int index, bool late)
    {
        var elements = slot.Parameter.numel();
        if (Read(source) is var count && count != elements)
            throw new InvalidDataException($"optimizer state: parameter {index} has {count} elements, expected {elements}");
        return (late ? Read(source) : 0, [.. slot.Moments.Select(moment =>
        {
            var bytes = new byte[moment.ByteCount];
            Fill(source, bytes);
            return bytes;
        })]);
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

    protected sealed record Slot(T Parameter, TorchTensor[] Moments, ParameterGroup Group)
    {
        /// <summary>Steps in which it had no gradient, such as those of an epoch in which it was frozen.</summary>
        public long Missed { get; set; }
    }
}
