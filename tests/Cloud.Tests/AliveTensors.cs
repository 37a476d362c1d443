using T = TorchSharp.torch.Tensor;

namespace Temper.Cloud.Tests;

/// <summary>libtorch's tensors in this process.</summary>
internal static class AliveTensors
{
    /// <summary>How many there are once the collector has taken what other tests left.</summary>
    public static long Count()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return T.TotalCount;
    }
}
