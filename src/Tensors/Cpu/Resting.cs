namespace Temper.Tensors;

/// <summary>Objects that callers held and that will be handed out again, but not before two more outermost scopes have closed: until then, whoever
/// still holds one by mistake finds it dead and does not meet another's. <see cref="Turn"/> is called whenever an outermost scope has closed.</summary>
internal sealed class Resting<TItem> where TItem : class
{
    // A program whose outermost scope never closes lays down more and more; what is beyond this is left to the garbage collector.
    private const int Most = 1 << 16;
    private readonly Stack<TItem> ready = new();
    private List<TItem> now = [], before = [], longBefore = [];

    /// <summary>One that has rested, or null.</summary>
    public TItem? Take() => ready.TryPop(out var item) ? item : null;

    /// <summary>Lays down what callers may still hold.</summary>
    public void Lay(TItem item)
    {
        if (now.Count < Most) now.Add(item);
    }

    /// <summary>Gives back what no caller ever saw: it needs no rest.</summary>
    public void Return(TItem item) => ready.Push(item);

    public void Turn()
    {
        foreach (var item in longBefore) ready.Push(item);
        longBefore.Clear();
        (now, before, longBefore) = (longBefore, now, before);
    }
}
