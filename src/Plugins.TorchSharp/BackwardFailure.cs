using System.Runtime.ExceptionServices;

namespace Temper.Plugins.TorchSharp;

/// <summary>The backward pass may run on a thread of libtorch, which no exception may reach: a failure waits here until the engine asks.</summary>
internal static class BackwardFailure
{
    private static ExceptionDispatchInfo? _failure;

    /// <summary>Keeps the first one.</summary>
    public static void Keep(Exception failure) => Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(failure), null);

    /// <summary>Throws what went wrong in the last backward pass.</summary>
    public static void Throw() => Interlocked.Exchange(ref _failure, null)?.Throw();
}
