using Temper.Plugins.TorchSharp;
using Temper.Tensors;
using Temper.Tensors.Tests;

namespace Temper.Cloud.Tests;

/// <summary>The engine port's contract on libtorch. TEMPER_TORCH_DEVICE chooses the device; the default takes the processor.</summary>
[Trait("Needs", "libtorch")]
public sealed class TorchEngineTests : EngineContract
{
    protected override double Tolerance => 1e-4;

    protected override DType Compute => DType.F32;

    protected override IEngine Engine() => TorchEngine.Create(Environment.GetEnvironmentVariable("TEMPER_TORCH_DEVICE") ?? "cpu", allowTf32: false);
}
