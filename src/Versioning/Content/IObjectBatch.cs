using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Content;

/// <summary>
/// New objects on their way into an <see cref="IObjectStore"/>. What the store has already is not stored again. Dropping a batch undoes it.
/// Not safe from two threads at once.
/// </summary>
public interface IObjectBatch : IAsyncDisposable
{
    /// <summary>Adds a file by its content.</summary>
    /// <param name="content">Read to its end.</param>
    /// <param name="hint">How to cut and keep it; changes no id.</param>
    /// <param name="ct">Ends the work.</param>
    Task<StoredFile> AddFileAsync(Stream content, FileHint hint, CancellationToken ct);

    /// <summary>Adds one folder. Its files and folders are of this batch or of the store.</summary>
    /// <returns>The folder's id, and the bytes of all files below it.</returns>
    /// <exception cref="TemperException">Codes <c>path_invalid</c>, <c>path_collision</c>.</exception>
    (Digest Id, long Size) AddFolder(IReadOnlyCollection<TreeEntry> entries);

    /// <summary>Adds a commit; its id.</summary>
    Digest AddCommit(Commit commit);

    /// <summary>Adds an annotated tag; its id.</summary>
    Digest AddTag(Tag tag);

    /// <summary>Adds an object of another store by its encoded body (<see cref="IObjectStore.FindBodyAsync"/>), checked against its id.</summary>
    /// <exception cref="TemperException">Code <c>object_corrupt</c>.</exception>
    void AddBody(ObjectKind kind, Digest id, ReadOnlyMemory<byte> body);

    /// <summary>Makes the bytes durable. Call once.</summary>
    Task StoreAsync(CancellationToken ct);
}

/// <summary>What is known of a file before it is cut: nothing of it changes an id.</summary>
/// <param name="Name">Its name, for errors. How it is cut tells its content.</param>
/// <param name="Base">An earlier version of it, against whose tensors differences may be kept.</param>
/// <param name="Size">Bytes, where the stream cannot tell; without it a stream that cannot seek is not cut along its tensors.</param>
/// <param name="IsSmall">Whether the smallest form is worth any time: numbers are kept as compressed byte planes then.</param>
public sealed record FileHint(string? Name = null, Digest? Base = null, long? Size = null, bool IsSmall = false);
