using System.Text;
using Temper.Core.Files;
using Temper.Core.Ids;

namespace Temper.Versioning.WorkTrees;

/// <summary>
/// The tree that the work tree is being brought to, kept in a file while that goes on: after a crash, files that are already those of the tree are not
/// taken for somebody's changes.
/// </summary>
internal sealed class SwitchJournal(string home)
{
    private readonly string _path = Path.Combine(home, "SWITCHING");

    /// <summary>The tree of a change that was cut off; null when there is none.</summary>
    public Digest? Begun() => File.Exists(_path) && Digest.TryParse(File.ReadAllText(_path, Encoding.UTF8).Trim(), out var tree) ? tree : null;

    public void Begin(Digest? tree)
    {
        if (tree is { } id)
            DurableFile.Write(_path, Encoding.UTF8.GetBytes(id.Hex + "\n"));
    }

    public void End() => File.Delete(_path);
}
