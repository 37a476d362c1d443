using System.IO.Pipes;
using Temper.Core.Errors;
using Temper.Training.Ranks;

namespace Temper.Training.Tests.Ranks;

/// <summary>What the leader hears of several followers at once.</summary>
public sealed class SwitchboardTests
{
    /// <summary>
    /// Three ranks share five micro-batches: the start of the leader's second one (place 3) comes from rank 2, the complete sum (place 5) from rank 1, which may be
    /// a block ahead of rank 2.
    /// </summary>
    [Fact]
    public void The_start_of_a_micro_batch_is_found_behind_a_complete_sum_that_came_first()
    {
        using var one = new AnonymousPipeServerStream(PipeDirection.Out);
        using var two = new AnonymousPipeServerStream(PipeDirection.Out);
        using var board = new Switchboard([Member(1, one), Member(2, two)]);
        Send(one, place: 5);
        using (var complete = board.Slope(1, default))
            Assert.Equal(5, SlopeHead.Read(complete.Body).Place);
        Send(one, place: 5);
        Send(two, place: 3);
        using var start = board.Slope(2, default);
        using var more = board.Slope(1, default);
        Assert.Equal((3, 5), (SlopeHead.Read(start.Body).Place, SlopeHead.Read(more.Body).Place));
    }

    /// <summary>As one that was stopped by a signal: its pipe is open, it reads nothing and says nothing.</summary>
    [Fact]
    public void A_follower_that_says_nothing_any_more_is_ended_and_told_of_while_one_that_computes_for_long_is_not()
    {
        using var one = new AnonymousPipeServerStream(PipeDirection.Out);
        using var two = new AnonymousPipeServerStream(PipeDirection.Out);
        var ended = new List<int>();
        using var board = new Switchboard([Member(1, one, () => ended.Add(1)), Member(2, two, () => ended.Add(2))], patience: 3);
        using var stop = new CancellationTokenSource();
        new FrameWriter(two).Write(FrameKind.Alive, []);
        var beating = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                new FrameWriter(one).Write(FrameKind.Alive, []);
                Thread.Sleep(500);
            }
        });
        beating.Start();
        var lost = Assert.Throws<TemperException>(() => board.Answer(new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token));
        Assert.Equal("worker_process_lost", lost.Code);
        Assert.Contains("Worker process 2 of 3 has said nothing for 3 seconds", lost.Message, StringComparison.Ordinal);
        Assert.True(SpinWait.SpinUntil(() => ended.Count > 0, TimeSpan.FromSeconds(30)));
        Assert.Equal([2], ended);
        stop.Cancel();
        beating.Join();
    }

    private static CrewMember Member(int rank, AnonymousPipeServerStream says, Action? end = null) =>
        new(rank, new AnonymousPipeClientStream(PipeDirection.In, says.ClientSafePipeHandle), Stream.Null, () => "", end ?? (() => { }));

    private static void Send(Stream pipe, int place)
    {
        var head = new byte[SlopeHead.Size];
        new SlopeHead(0, 0, place, 0, true, 0).Write(head);
        new FrameWriter(pipe).Write(FrameKind.Slope, head, new byte[4]);
    }
}
