using System.Runtime.CompilerServices;

namespace Temper.Tensors;

/// <summary>How kernels are compiled.</summary>
internal static class Kernel
{
    /// <summary>On its own: inlined into the loops around it, a kernel goes beyond what the JIT inlines into one method, and its vector functions
    /// become calls, some twenty times slower. It happens only under dynamic PGO, so a short run does not show it.</summary>
    public const MethodImplOptions Alone = MethodImplOptions.NoInlining;
}
