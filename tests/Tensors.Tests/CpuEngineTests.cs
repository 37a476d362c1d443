namespace Temper.Tensors.Tests;

public sealed class CpuEngineTests : EngineContract
{
    protected override double Tolerance => 2e-5;

    protected override DType Compute => DType.F32;

    protected override IEngine Engine() => CpuEngine.Create(2);
}

public sealed class CpuDoubleEngineTests : EngineContract
{
    protected override double Tolerance => 1e-12;

    protected override DType Compute => DType.F64;

    protected override IEngine Engine() => CpuEngine.CreateDouble();
}
