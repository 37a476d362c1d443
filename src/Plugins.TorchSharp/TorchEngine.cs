using System.Runtime.CompilerServices;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Tensors;
using TorchSharp;
using ScalarType = TorchSharp.torch.ScalarType;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

/// <summary>
/// The engine port on libtorch. What the binding requires of its users decides the form: every operation runs in a dispose scope of its own and
/// hands out one tensor; scalars are made once and held while a call uses them, since the binding frees temporary ones under the running call;
/// <c>matmul</c> and <c>autograd.grad</c> are never called, because their errors end the process; shapes are checked here first.
/// One thread uses an engine, as everywhere; libtorch's scopes belong to that thread.
/// </summary>
public sealed partial class TorchEngine : IEngine
{
    private readonly torch.Device _device;
    private readonly Scalars _scalars = new();
    private readonly Handles _handles = new();
    private readonly Scripts? _scripts;
    private readonly Masks _masks = new();
    private readonly Callbacks _callbacks = new();
    private readonly HostInts _ints = new();
    private readonly EngineInfo _exact;
    private ScalarType _products = ScalarType.Float32;

    private TorchEngine(torch.Device device, bool allowTf32, bool fused)
    {
        var library = Library.Version();
        (_device, _scripts) = (device, fused ? Scripts.For(library) : null);
        torch.backends.cuda.matmul.allow_tf32 = allowTf32;
        torch.backends.cudnn.allow_tf32 = allowTf32;
        var arithmetic = device.type == DeviceType.CUDA && allowTf32 ? "tf32" : "f32";
        // Neither the number of threads nor the card's kernels promise the same bits, so the id says what was used and promises nothing.
        Info = _exact = new("torchsharp", device.ToString(), DType.F32, $"torch-{library?.ToString() ?? "unknown"}-{device.type}-{arithmetic}", torch.get_num_threads(), Deterministic: false);
    }

    /// <inheritdoc/>
    public EngineInfo Info { get; private set; }

    /// <summary>An engine on <paramref name="device"/>; null: the first GPU, or the processor where there is none. <paramref name="fused"/>: with libtorch's
    /// fused operations, where this version's are known. <paramref name="threads"/>: of the processor, for all engines of this process; 0 leaves the choice to libtorch.</summary>
    /// <exception cref="TemperException">Code <c>engine_unavailable</c>: the device is not there, or libtorch cannot use it: a real operation was tried.</exception>
    public static TorchEngine Create(string? device, bool allowTf32, bool fused = true, int threads = 0)
    {
        try
        {
            var wanted = new torch.Device(device ?? (torch.cuda.is_available() ? "cuda" : "cpu"));
            if (!torch.TryInitializeDeviceType(wanted.type))
                throw new InvalidOperationException("there is no such device, or libtorch's libraries for it are missing.");
            if (threads > 0)
                torch.set_num_threads(threads);
            var engine = new TorchEngine(wanted, allowTf32, fused);
            engine.Probe();
            return engine;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // What the binding says of libraries goes on for pages, of which the first line tells most.
            var why = (e.GetBaseException().Message + '\n').AsSpan();
            throw new TemperException("engine_unavailable", $"libtorch cannot compute on '{device ?? "cuda or cpu"}': {why[..why.IndexOf('\n')]}", inner: e);
        }
    }

    /// <inheritdoc/>
    /// <remarks>The processor's libtorch has bf16 on every machine, if not fast on every one; a GPU has it from compute capability 8 on.</remarks>
    public void Choose(MatrixPath matrix)
    {
        var why = matrix == MatrixPath.Bf16 && _device.type == DeviceType.CUDA ? Gpu.WhyNoBf16(Math.Max(0, _device.index)) : null;
        var narrow = matrix == MatrixPath.Bf16 && why is null;
        _products = narrow ? ScalarType.BFloat16 : ScalarType.Float32;
        Info = _exact with { NumericsId = narrow ? $"{_exact.NumericsId}-bf16" : _exact.NumericsId, WhyExact = why };
    }

    /// <inheritdoc/>
    /// <remarks>The binding tells no allocator figures: these are the tensors handed out, without what the graph keeps.</remarks>
    public MemoryUse Memory() => _handles.Measure();

    /// <inheritdoc/>
    public void Synchronize()
    {
        if (_device.type == DeviceType.CUDA)
            torch.cuda.synchronize(_device);
    }

    /// <inheritdoc/>
    public IScope BeginScope() => new Scope(this, torch.NewDisposeScope());

    /// <inheritdoc/>
    public IDisposable NoGrad() => torch.no_grad();

    /// <inheritdoc/>
    public Tensor Empty(DType type, params ReadOnlySpan<long> shape)
    {
        var sizes = shape.ToArray();
        var made = In(() => torch.empty(sizes, TorchTensor.To(type), _device));
        if (type == DType.I32)
            _ints.Made(made);
        return made;
    }

    /// <inheritdoc/>
    public void Prepack(Tensor weight)
    {
        Expect.Rank("prepack", "weight", weight, 2);
        if (weight.RequiresGrad)
            throw new AutogradException("prepack", "a trainable weight changes");
    }

    /// <inheritdoc/>
    public Tensor LoraLinear(Tensor x, Tensor weight, Tensor? bias, Tensor a, Tensor b, double scale, DropoutSpec dropout = default)
    {
        using var product = Linear(x, weight, bias);
        return LoraAdd(product, x, a, b, scale, dropout);
    }

    /// <inheritdoc/>
    public double ScalarOf(Tensor scalar)
    {
        if (scalar.Count != 1)
            throw new ShapeMismatchException("scalar", "tensor", scalar.Shape, "one element");
        using var scope = torch.NewDisposeScope();
        return Of(scalar).detach().to(ScalarType.Float64).cpu().item<double>();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _scalars.Dispose();
        _masks.Dispose();
        _scripts?.Dispose();
    }

    /// <summary>The libtorch tensor of a handle.</summary>
    /// <param name="tensor">The handle.</param>
    /// <param name="operation">Who asks.</param>
    internal T Of(Tensor tensor, [CallerMemberName] string operation = "") => tensor is TorchTensor own && own.Engine == this ? own.Value : throw Foreign(operation);

    /// <summary>The narrow weight behind a handle; null: it has all its numbers.</summary>
    private NarrowWeight? NarrowOf(Tensor tensor, [CallerMemberName] string operation = "") =>
        tensor is not TorchFrozen own ? null : own.Engine == this ? own.Weight : throw Foreign(operation);

    private static ArgumentException Foreign(string operation) => new($"{JsonNamingPolicy.SnakeCaseLower.ConvertName(operation)}: the tensor belongs to another engine");

    /// <summary>Runs an operation in a scope of its own; only its result leaves it.</summary>
    internal Tensor In(Func<T> operation)
    {
        using var scope = torch.NewDisposeScope();
        return Wrap(operation().MoveToOuterDisposeScope());
    }

    private TorchTensor Wrap(T value)
    {
        _handles.Add(value);
        return new(this, value);
    }

    /// <summary>One real operation on the device: libraries that load are not yet libraries that work.</summary>
    private void Probe()
    {
        using var scope = BeginScope();
        var two = this.FromFloats([1, 1], 1, 2);
        if (ScalarOf(Linear(two, two)) != 2)
            throw new InvalidOperationException("1 · 1 + 1 · 1 is not 2.");
    }

    private sealed class Scope(TorchEngine engine, DisposeScope scope) : IScope
    {
        public TTensor Keep<TTensor>(TTensor tensor) where TTensor : Tensor
        {
            foreach (var part in engine.NarrowOf(tensor)?.Parts ?? [engine.Of(tensor)])
                scope.MoveToOuter(part);
            return tensor;
        }

        public void Dispose() => scope.Dispose();
    }
}
