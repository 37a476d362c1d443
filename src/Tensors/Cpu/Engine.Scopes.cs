namespace Temper.Tensors;

/// <summary>Scopes and gradient switches. Their objects rest after use as handles do.</summary>
internal sealed unsafe partial class Engine<T, V>
{
    private readonly Stack<Scope> scopes = new();
    private readonly Resting<Scope> restingScopes = new();
    private readonly Resting<GradSwitch> restingSwitches = new();
    private int gradOff;

    public IScope BeginScope() => OpenScope();

    public IDisposable NoGrad()
    {
        var off = restingSwitches.Take() ?? new GradSwitch(this);
        gradOff++;
        off.Begin();
        return off;
    }

    private Scope OpenScope()
    {
        var scope = restingScopes.Take() ?? new Scope(this);
        scope.Begin(tape.Count);
        scopes.Push(scope);
        return scope;
    }

    private CpuTensor Track(CpuTensor tensor)
    {
        if (scopes.TryPeek(out var scope)) scope.Add(tensor);
        return tensor;
    }

    private Scope? Outer(Scope inner)
    {
        var found = false;
        foreach (var scope in scopes)
        {
            if (found) return scope;
            found = scope == inner;
        }

        return null;
    }

    private void Close(Scope scope, int tapeLength, List<CpuTensor> tensors)
    {
        if (scopes.Peek() != scope) throw new AutogradException("scope", "scopes must close in reverse order");
        scopes.Pop();
        ForgetFrom(tapeLength);
        handles.End(tensors);
        restingScopes.Lay(scope);
        if (scopes.Count > 0) return;
        Scratch.Level(scratch);
        handles.OutermostScopeClosed();
        restingScopes.Turn();
        restingSwitches.Turn();
    }

    private sealed class Scope(Engine<T, V> engine) : IScope
    {
        private readonly List<CpuTensor> tensors = [];
        private int tapeLength;

        public void Begin(int length) => tapeLength = length;

        public void Add(CpuTensor tensor) => tensors.Add(tensor);

        public TTensor Keep<TTensor>(TTensor tensor) where TTensor : Tensor
        {
            // What is kept was mostly made last.
            if (tensor is not CpuTensor own || tensors.LastIndexOf(own) is not (>= 0 and var at)) return tensor;
            tensors.RemoveAt(at);
            engine.Outer(this)?.Add(own);
            return tensor;
        }

        public void Dispose()
        {
            if (engine.scopes.Contains(this)) engine.Close(this, tapeLength, tensors);
        }
    }

    private sealed class GradSwitch(Engine<T, V> engine) : IDisposable
    {
        private bool on;

        public void Begin() => on = true;

        public void Dispose()
        {
            if (!on) return;
            on = false;
            engine.gradOff--;
            engine.restingSwitches.Lay(this);
        }
    }
}
