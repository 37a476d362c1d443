using Temper.Core.Ids;
using Temper.Core.Registry;

namespace Temper.Registry.Models;

/// <summary>Moves aliases by compare and swap.</summary>
public sealed class AliasCommands
{
    /// <summary>Moves <paramref name="alias"/> if it still stands where the caller saw it.</summary>
    /// <exception cref="Core.Errors.TemperException">Codes <c>alias_moved</c>, <c>alias_invalid</c> (also for <c>latest</c>), <c>not_found</c>.</exception>
    public Task MoveAsync(ResourceName model, string alias, AliasMove move, CancellationToken ct) => throw new NotSupportedException("not filled in yet");
}
