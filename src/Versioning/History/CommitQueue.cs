using Temper.Core.Ids;

namespace Temper.Versioning.History;

/// <summary>Commits waiting to be looked at: the largest key first (a date, a generation), among equal ones the first that came.</summary>
internal sealed class CommitQueue
{
    private readonly PriorityQueue<Digest, (long Key, long Turn)> _queue = new(Comparer<(long Key, long Turn)>.Create(
        (a, b) => a.Key != b.Key ? b.Key.CompareTo(a.Key) : a.Turn.CompareTo(b.Turn)));

    private long _turn;

    public int Count => _queue.Count;

    public void Add(Digest commit, long key) => _queue.Enqueue(commit, (key, _turn++));

    public Digest Take() => _queue.Dequeue();
}
