namespace Temper.Tensors.Tests;

public sealed class CpuEngineTests : EngineContract
{
    protected override double Tolerance => 2e-5;

    protected override DType Compute => DType.F32;

    protected override IEngine Engine() => CpuEngine.Create(2);
}

/// <summary>With the matrix instructions of this machine; without any, the same as <see cref="CpuEngineTests"/>.</summary>
public sealed class CpuBf16EngineTests : EngineContract
{
    protected override double Tolerance => 2e-5;

    // Numbers near 1 rounded to 8 bits, up to 515 of them in a sum.
    protected override double BrainTolerance => 0.2;

    protected override DType Compute => DType.F32;

    protected override IEngine Engine() => CpuEngine.Create(2, matrix: MatrixPath.Bf16);
}

public sealed class CpuDoubleEngineTests : EngineContract
{
    protected override double Tolerance => 1e-12;

    protected override DType Compute => DType.F64;

    protected override IEngine Engine() => CpuEngine.CreateDouble();
}
