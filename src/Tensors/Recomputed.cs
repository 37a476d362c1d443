namespace Temper.Tensors;

/// <summary>A part of a model that is computed again in the backward pass instead of keeping its intermediate tensors
/// (<see cref="IEngine.Checkpoint(Recomputed, Tensor)"/>).</summary>
public abstract class Recomputed
{
    /// <summary>A pure function of <paramref name="x"/> and of parameters.</summary>
    public abstract Tensor Run(Tensor x);

    /// <summary>The engine will not run it again: its backward pass is done, or its graph is gone. What it holds may serve another pass. An engine may
    /// leave this out; then the object must be left to the garbage collector.</summary>
    public virtual void Released()
    {
    }
}
