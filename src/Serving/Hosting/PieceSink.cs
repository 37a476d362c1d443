using System.Threading.Channels;

namespace Temper.Serving;

/// <summary>Carries the pieces of all choices of one request from the decode loop to whoever reads the answer.</summary>
/// <param name="choices">Choices that will end.</param>
/// <param name="closed">Called once, when the last of them has left the decode loop.</param>
/// <param name="abandoned">Set when nobody reads any more.</param>
internal sealed class PieceSink(int choices, Action closed, CancellationToken abandoned)
{
    private readonly Channel<ChatPiece> _pieces = Channel.CreateUnbounded<ChatPiece>(new() { SingleReader = true, SingleWriter = true });
    private int _running = choices;
    private int _inLoop = choices;

    /// <summary>The reader's end; completes after the last piece of the last choice, or with the error.</summary>
    public ChannelReader<ChatPiece> Pieces => _pieces.Reader;

    /// <summary>Whether the work is for nobody.</summary>
    public bool Abandoned => abandoned.IsCancellationRequested;

    /// <summary>A piece that is not the last.</summary>
    public void Write(ChatPiece piece) => _pieces.Writer.TryWrite(piece);

    /// <summary>The last piece of a choice.</summary>
    public void End(ChatPiece piece)
    {
        _pieces.Writer.TryWrite(piece);
        if (--_running == 0)
            _pieces.Writer.TryComplete();
    }

    /// <summary>The whole request fails.</summary>
    public void Fail(Exception error) => _pieces.Writer.TryComplete(error);

    /// <summary>A choice has left the decode loop, whatever its end.</summary>
    public void Left()
    {
        if (Interlocked.Decrement(ref _inLoop) == 0)
            closed();
    }
}
