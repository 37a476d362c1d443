using System.Text;

namespace Temper.Versioning.WorkTrees;

/// <summary>A folder that is open for reading its names and their facts. Links are never followed.</summary>
internal abstract class ScannedFolder : IDisposable
{
    private byte[] _bytes = new byte[1 << 12];
    private int[] _ends = new int[1 << 7];
    private NameKind[] _kinds = new NameKind[1 << 7];

    /// <summary>How many names it has, without <c>.</c> and <c>..</c>; they are in no order.</summary>
    public int Count { get; private set; }

    /// <summary>All names.</summary>
    public IEnumerable<(string Name, NameKind Kind)> Names
    {
        get
        {
            for (var i = 0; i < Count; i++)
                yield return (NameOf(i), KindOf(i));
        }
    }

    /// <summary>The folder at a full path; null where there is none, or something else.</summary>
    public static ScannedFolder? Open(string path) => OperatingSystem.IsLinux() ? LinuxFolder.OpenAt(path) : PortableFolder.OpenAt(path);

    /// <summary>What a name is.</summary>
    public NameKind KindOf(int index) => _kinds[index];

    /// <summary>A name as text.</summary>
    public string NameOf(int index) => Encoding.UTF8.GetString(BytesOf(index));

    /// <summary>A name in UTF-8; a zero byte follows it.</summary>
    public ReadOnlySpan<byte> BytesOf(int index) => _bytes.AsSpan(StartOf(index), _ends[index] - StartOf(index));

    /// <summary>Whether the folder has the name, as this.</summary>
    public bool Has(ReadOnlySpan<byte> name, NameKind kind)
    {
        for (var i = 0; i < Count; i++)
            if (_kinds[i] == kind && BytesOf(i).SequenceEqual(name))
                return true;
        return false;
    }

    /// <summary>Facts of one name; null when it is not there.</summary>
    public abstract FileFacts? Stat(string name);

    /// <summary>Facts of one of its names; null when it is there no more.</summary>
    public abstract FileFacts? StatOf(int index);

    /// <summary>Facts of a full path; null when nothing is there.</summary>
    public static FileFacts? StatPath(string path) => OperatingSystem.IsLinux() ? LinuxFolder.Stat(-100, path) : PortableFolder.StatAt(path);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Takes a name.</summary>
    protected void Add(ReadOnlySpan<byte> name, NameKind kind)
    {
        if (Count == _ends.Length)
        {
            Array.Resize(ref _ends, 2 * Count);
            Array.Resize(ref _kinds, 2 * Count);
        }
        var start = StartOf(Count);
        if (start + name.Length + 1 > _bytes.Length)
            Array.Resize(ref _bytes, 2 * (start + name.Length + 1));
        name.CopyTo(_bytes.AsSpan(start));
        _bytes[start + name.Length] = 0;
        (_ends[Count], _kinds[Count]) = (start + name.Length, kind);
        Count++;
    }

    private int StartOf(int index) => index == 0 ? 0 : _ends[index - 1] + 1;
}
