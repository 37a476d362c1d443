using Temper.Core.Errors;
using Temper.Tensors;
using Temper.Training.Objectives;

namespace Temper.Training.Ranks;

/// <summary>Who takes the gradients of a micro-batch further.</summary>
/// <param name="Rank">0 is the leader.</param>
/// <param name="Place">The micro-batch they are the start of.</param>
internal readonly record struct Next(int Rank, int Place);

/// <summary>
/// One rank's part in the sum of gradients. A micro-batch does not begin at zero: its backward pass adds to the sums that all earlier micro-batches left, which
/// come from the rank that had the one before it, and go to the rank that has the next. So every number is added where and when a single process would add it,
/// and the bits are those of a single process, for every number of ranks and on every engine that is deterministic at all.
/// </summary>
/// <param name="objective">What is learned.</param>
/// <param name="arriving">The next piece of a gradient for the micro-batch of a place; waits.</param>
/// <param name="leaving">Takes pieces to other ranks.</param>
internal sealed class Passage(IObjective objective, Func<int, Frame> arriving, Action<SlopeHead, ReadOnlyMemory<byte>> leaving) : IDisposable
{
    private readonly IEngine _engine = objective.Engine;
    private readonly GradientOrder _order = new(objective.Trained);
    private readonly IOptimizer _slopes = objective.Engine.Sgd([new ParameterGroup([.. objective.Trained.Select(t => t.Tensor)])], new SgdOptions());
    private readonly byte[] _piece = new byte[Math.Clamp(objective.Trained.Max(t => t.Tensor.ByteCount), 1, FrameHead.Piece)];
    private readonly List<int> _borders = [];
    private readonly Dictionary<int, uint> _left = [];
    private MicroFrame? _micro;
    private Next? _next;
    private int _here, _gone;

    /// <summary>Borders that the last proof saw: none while what lies below is frozen, more once it thaws.</summary>
    private int _proved = -1;

    /// <summary>Learns from one micro-batch; afterwards the gradients are with <paramref name="next"/>, or stay here where it is null.</summary>
    /// <exception cref="TemperException"><c>replicas_differ</c>.</exception>
    public LossValues Learn(MicroFrame micro, Next? next)
    {
        (_micro, _next, _here, _gone) = (micro, next, 0, 0);
        _borders.Clear();
        _left.Clear();
        using var scope = _engine.BeginScope();
        var loss = objective.Loss(micro.Micro, micro.Pass with { Border = _order.Whole ? null : Place });
        Take(_borders.Count > 0 ? _order.DoneAbove(_borders[^1]) : _order.Groups.Count);
        _engine.Backward(loss.Sum, micro.Scale);
        Take(_order.Groups.Count);
        Give(_order.Groups.Count);
        var values = LossValues.Of(_engine, loss);
        Settle();
        return values;
    }

    /// <summary>Takes the complete sum in.</summary>
    public void Collect(MicroFrame last)
    {
        (_micro, _next, _here, _gone) = (last with { Place = last.Count }, null, 0, 0);
        Take(_order.Groups.Count);
    }

    public void Dispose() => _slopes.Dispose();

    /// <summary>Marks the input of a block, so that the backward pass tells when it gets there.</summary>
    private Tensor Place(int block, Tensor x)
    {
        if (!x.RequiresGrad)
            return x;
        _borders.Add(block);
        return _engine.Checkpoint(new Border(this, _borders.Count - 1), x);
    }

    /// <summary>All above this border is done; what lies between it and the next one is needed now.</summary>
    private void Reached(int border)
    {
        Give(_order.DoneAbove(_borders[border]));
        Take(border > 0 ? _order.DoneAbove(_borders[border - 1]) : _order.Groups.Count);
    }

    private void Take(int groups)
    {
        for (; _here < groups; _here++)
            if (_micro!.Place > 0)
                foreach (var tensor in _order.Groups[_here])
                    Take(tensor, objective.Trained[tensor].Tensor);
    }

    private void Take(int tensor, Tensor parameter)
    {
        for (var at = 0L; at == 0 || at < parameter.ByteCount;)
        {
            using var frame = arriving(_micro!.Place);
            var head = SlopeHead.Read(frame.Body);
            var bytes = frame.Body[SlopeHead.Size..];
            if ((head.Step, head.Place, head.Tensor, head.Offset) != (_micro!.Pass.Step, _micro.Place, tensor, at) || bytes.Length > parameter.ByteCount - at || (head.Present && bytes.Length == 0))
                throw new InvalidDataException(FormattableString.Invariant($"expected byte {at} of gradient {tensor} for micro-batch {_micro.Place} of step {_micro.Pass.Step}, found {head} with {bytes.Length} bytes"));
            if (!head.Present)
                return;
            if (at == 0)
                Open(tensor, parameter);
            GradientPort.Put(_engine, parameter, at, bytes);
            at += bytes.Length;
        }
    }

    private void Open(int tensor, Tensor parameter)
    {
        using (_engine.BeginScope())
            if (_engine.GradOf(parameter) is not null)
                throw Differs(tensor, "had a gradient here before the sum of the earlier micro-batches arrived");
        GradientPort.Open(_engine, parameter);
    }

    private void Give(int groups)
    {
        for (; _gone < groups; _gone++)
            if (_next is { } next)
                foreach (var tensor in _order.Groups[_gone])
                    Give(tensor, new(next.Rank, _micro!.Pass.Step, next.Place, tensor, true, 0));
    }

    private void Give(int tensor, SlopeHead head)
    {
        var sum = 0u;
        if (!GradientPort.Read(_engine, objective.Trained[tensor].Tensor, _piece, (at, count) =>
        {
            leaving(head with { Offset = at }, _piece.AsMemory(0, count));
            sum = FrameHead.Sum(sum, _piece.AsSpan(0, count));
        }))
            leaving(head with { Present = false }, default);
        _left[tensor] = sum;
    }

    /// <summary>Once for each number of borders, that nothing was added after it had been handed on: the order above is a claim about the model, and this is its proof.</summary>
    private void Settle()
    {
        if (_next is null)
            return;
        for (var tensor = 0; _proved != _borders.Count && tensor < objective.Trained.Count; tensor++)
        {
            var sum = 0u;
            GradientPort.Read(_engine, objective.Trained[tensor].Tensor, _piece, (_, count) => sum = FrameHead.Sum(sum, _piece.AsSpan(0, count)));
            if (sum != _left[tensor])
                throw Differs(tensor, "got more gradient after it had been handed on");
        }
        _proved = _borders.Count;
        _slopes.ZeroGrad();
    }

    private TemperException Differs(int tensor, string what) => new("replicas_differ", $"{objective.Trained[tensor].Name} {what}: this model cannot be trained in several processes.", "Set training.data_parallel_size to 1.");

    private sealed class Border(Passage passage, int border) : Recomputed
    {
        private bool _passed;

        /// <summary>Forward it is nothing; the second time it is run, the backward pass has come here.</summary>
        public override Tensor Run(Tensor x)
        {
            if (_passed)
                passage.Reached(border);
            _passed = true;
            return x;
        }
    }
}
