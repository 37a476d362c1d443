using System.Text.Json;
using System.Threading.Channels;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Training.Objectives;
using Temper.Training.Planning;

namespace Temper.Training.Ranks;

/// <summary>A follower: does what its leader says, in order, until the pipe ends. It holds a model and nothing else: no data, no optimizer, no decision.</summary>
internal sealed class Follower
{
    private readonly WaitQueue<Frame> _orders = new(), _slopes = new();
    private readonly TaskCompletionSource _ended = new();
    private readonly FrameWriter _output;
    private readonly int _rank, _size;

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(5);

    /// <summary>Begins to listen, and to say that it is there, on threads of their own.</summary>
    /// <param name="rank">1 and up.</param>
    /// <param name="size">Ranks, the leader included.</param>
    /// <param name="input">From the leader.</param>
    /// <param name="output">To the leader.</param>
    /// <param name="ended">Called when the leader is gone, or says what cannot be read.</param>
    public Follower(int rank, int size, Stream input, Stream output, Action<Exception?> ended)
    {
        (_rank, _size, _output) = (rank, size, new(output));
        new Thread(() => Listen(new(new BufferedStream(input, 1 << 16)), ended)) { IsBackground = true, Name = "leader", Priority = ThreadPriority.AboveNormal }.Start();
        new Thread(SayAlive) { IsBackground = true, Name = "alive", Priority = ThreadPriority.AboveNormal }.Start();
    }

    /// <summary>Says that the model is loaded, and computes until the pipe ends.</summary>
    /// <exception cref="TemperException"><c>replicas_differ</c>, and whatever a step fails with; the leader is to be told by <see cref="Tell"/>.</exception>
    public void Run(IObjective objective, HelloFrame hello)
    {
        using var passage = new Passage(objective, _ => _slopes.Take(CancellationToken.None), Send);
        var replica = new Replica(objective);
        _output.Write(FrameKind.Hello, hello.ToBytes());
        try
        {
            while (true)
            {
                using var order = _orders.Take(CancellationToken.None);
                if (order.Kind == FrameKind.Weights)
                    Hold(replica, order);
                else
                    Compute(objective, passage, MicroFrame.Read(order.Body));
            }
        }
        catch (ChannelClosedException)
        {
            // The leader needs no more.
        }
    }

    /// <summary>Tells the leader why this rank cannot go on.</summary>
    public void Tell(TemperException error) => _output.Write(FrameKind.Failed, JsonSerializer.SerializeToUtf8Bytes(error.Problems, Wire.Json));

    /// <summary>Loss and counts of a micro-batch that nothing is learned from.</summary>
    public static LossValues Measure(IObjective objective, MicroBatch micro)
    {
        using var frozen = objective.Engine.NoGrad();
        using var scope = objective.Engine.BeginScope();
        return LossValues.Of(objective.Engine, objective.Loss(micro, LossPass.Measured));
    }

    private void Hold(Replica replica, Frame order)
    {
        var f = new Fields(order.Body);
        var offset = f.Int64();
        replica.Write(offset, f.Rest);
        if (offset + f.Rest.Length != replica.Bytes)
            return;
        Span<byte> hash = stackalloc byte[32];
        replica.Read().CopyTo(hash);
        _output.Write(FrameKind.Replica, hash);
    }

    private void Compute(IObjective objective, Passage passage, MicroFrame micro)
    {
        if (micro.Place % _size != _rank)
            throw new InvalidDataException($"micro-batch {micro.Place} is not for rank {_rank} of {_size}");
        var next = micro.Place + 1 < micro.Count ? new Next((micro.Place + 1) % _size, micro.Place + 1) : new Next(0, micro.Count);
        var values = micro.Pass.Training ? passage.Learn(micro, next) : Measure(objective, micro.Micro);
        _output.Write(FrameKind.Losses, new LossFrame(micro.Pass.Step, micro.Place, objective.Engine.Memory().PeakBytes, values).ToBytes());
    }

    private void Send(SlopeHead head, ReadOnlyMemory<byte> piece)
    {
        Span<byte> before = stackalloc byte[SlopeHead.Size];
        head.Write(before);
        _output.Write(FrameKind.Slope, before, piece.Span);
    }

    private void SayAlive()
    {
        try
        {
            do
                _output.Write(FrameKind.Alive, []);
            while (!_ended.Task.Wait(Beat));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The leader is gone, which the other thread hears.
        }
    }

    private void Listen(FrameReader reader, Action<Exception?> ended)
    {
        Exception? error = null;
        try
        {
            while (reader.Read() is { } frame)
                if (frame.Kind is FrameKind.Weights or FrameKind.Micro)
                    _orders.Add(frame);
                else if (frame.Kind == FrameKind.Slope)
                    _slopes.Add(frame);
                else
                    throw new InvalidDataException($"a leader does not send {frame.Kind}");
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ObjectDisposedException)
        {
            error = e;
        }
        _ended.SetResult();
        _orders.Complete();
        _slopes.Complete();
        ended(error);
    }
}
