using Temper.Core.Ids;

namespace Temper.Training.Ranks;

/// <summary>A follower as its leader sees it.</summary>
/// <param name="Rank">1 and up.</param>
/// <param name="Input">What it says.</param>
/// <param name="Output">What it hears.</param>
/// <param name="LastWords">How it ended and its last lines, once its pipe has ended.</param>
/// <param name="End">Ends it at once, where it still runs.</param>
internal sealed record CrewMember(int Rank, Stream Input, Stream Output, Func<string> LastWords, Action End);

/// <summary>The pipe to one follower: a thread reads what it says, any thread may write.</summary>
internal sealed class CrewLink : IDisposable
{
    private readonly CrewMember _member;
    private readonly FrameReader _reader;

    public CrewLink(CrewMember member)
    {
        (_member, _reader, Writer) = (member, new(new BufferedStream(member.Input, 1 << 16)), new(member.Output));
    }

    public int Rank => _member.Rank;

    public FrameWriter Writer { get; }

    /// <summary>What it says it is made from.</summary>
    public HelloFrame? Hello { get; set; }

    /// <summary>The weights as it holds them; null until it has said so.</summary>
    public Digest? Holds { get; set; }

    /// <summary>Most that its engine held, bytes.</summary>
    public long PeakBytes { get; set; }

    /// <summary>Looks of the leader since it said anything; below 0 until it has said its first word.</summary>
    public int Silent { get; set; } = -1;

    public string LastWords => _member.LastWords();

    /// <summary>Reads on a thread of its own, until the pipe ends.</summary>
    public void Listen(Action<CrewLink, Frame> heard, Action<CrewLink, Exception?> ended) => new Thread(() =>
    {
        try
        {
            while (_reader.Read() is { } frame)
                heard(this, frame);
            ended(this, null);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ObjectDisposedException)
        {
            ended(this, e);
        }
    })
    { IsBackground = true, Name = FormattableString.Invariant($"rank {Rank}") }.Start();

    /// <summary>Ends the process, so that nobody waits for it to read.</summary>
    public void End() => _member.End();

    public void Dispose()
    {
        Writer.Dispose();
        _member.End();
    }
}
