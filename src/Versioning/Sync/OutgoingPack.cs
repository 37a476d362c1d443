using Temper.Core.Ids;
using Temper.Versioning.Objects;
using Temper.Versioning.Packs;

namespace Temper.Versioning.Sync;

/// <summary>
/// A pack on its way to another repository, in a file that goes away with the process. The same objects in the same order make the same pack, so that
/// an interrupted upload goes on after a restart. Not safe from two threads at once.
/// </summary>
public sealed class OutgoingPack : IDisposable
{
    private readonly PackBuilder _pack;

    /// <summary>Begins a pack in the folder <paramref name="scratch"/>.</summary>
    public OutgoingPack(string scratch) =>
        _pack = new(Path.Combine(scratch, $"{Environment.ProcessId}-{Path.GetRandomFileName()}.push"), PackFormat.Version2, FileOptions.DeleteOnClose);

    /// <summary>Bytes so far.</summary>
    public long Size => _pack.Size;

    /// <summary>Objects so far.</summary>
    public int Count => _pack.Count;

    /// <summary>All its bytes, once it is finished; can seek.</summary>
    public Stream Content => _pack.File;

    /// <summary>Adds an object by its body, unless the pack has it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A chunk over 4 MiB, another object over 64 MiB.</exception>
    public void Add(ObjectKind kind, Digest id, ReadOnlyMemory<byte> body) => _pack.Add(kind, id, body.Length, PackForms.Encode(kind, body));

    /// <summary>Writes index and trailer; the pack's name. Nothing can be added afterwards.</summary>
    public Digest Finish() => _pack.Finish();

    /// <inheritdoc/>
    public void Dispose() => _pack.Dispose();
}
