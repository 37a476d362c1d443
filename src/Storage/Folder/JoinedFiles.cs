using Temper.Core.Files;

namespace Temper.Storage.Folder;

/// <summary>Several files read as one stream.</summary>
internal sealed class JoinedFiles(IEnumerable<string> paths) : ForwardStream
{
    private readonly Queue<string> _waiting = new(paths);
    private FileStream? _current;

    public override int Read(Span<byte> buffer)
    {
        while (_current is not null || _waiting.Count > 0)
        {
            _current ??= Open(_waiting.Dequeue());
            var count = _current.Read(buffer);
            if (count > 0 || buffer.IsEmpty)
                return count;
            _current.Dispose();
            _current = null;
        }
        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _current?.Dispose();
        base.Dispose(disposing);
    }

    private static FileStream Open(string path) =>
        FolderFiles.Guarded(path, () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0));
}
