using Temper.Core.Ids;
using Temper.Core.Registry;

namespace Temper.Registry.Models;

/// <summary>Reads models, their versions and aliases. Safe from any thread.</summary>
public sealed class ModelQueries
{
    /// <summary>Models by name.</summary>
    public Task<Page<ModelInfo>> ListAsync(string? cursor, int limit, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>Null when there is none.</summary>
    public Task<ModelInfo?> FindAsync(ResourceName name, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>Newest first; null when there is no such model.</summary>
    public Task<Page<ModelVersionInfo>?> VersionsAsync(ResourceName name, string? cursor, int limit, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>Null when there is none.</summary>
    public Task<ModelVersionInfo?> FindAsync(ResourceName name, int version, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>The version that a job made; null when it made none.</summary>
    public Task<ModelVersionInfo?> OfJobAsync(WorkId job, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>The version that a reference names.</summary>
    /// <exception cref="Core.Errors.TemperException">Codes <c>not_found</c> (naming the nearest that exists), <c>reference_invalid</c>.</exception>
    public Task<ModelVersionInfo> ResolveAsync(string reference, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>Moves of all aliases, newest first.</summary>
    public Task<IReadOnlyList<AliasMoved>> AliasHistoryAsync(ResourceName name, int limit, CancellationToken ct) => throw new NotSupportedException("not filled in yet");
}

/// <summary>One move of an alias.</summary>
/// <param name="Alias">Which.</param>
/// <param name="From">Version it stood on; null: it was new.</param>
/// <param name="To">Version it stands on since.</param>
/// <param name="AtMs">Milliseconds since 1970, UTC.</param>
public sealed record AliasMoved(string Alias, int? From, int To, long AtMs);
