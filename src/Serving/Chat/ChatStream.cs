using System.Runtime.CompilerServices;

namespace Temper.Serving;

/// <summary>An answer in the making. Dispose it in any case: that stops the work and gives the model back.</summary>
public sealed class ChatStream : IAsyncDisposable
{
    private readonly PreparedChat _chat;
    private readonly ChatObservation _observation;
    private readonly CancellationTokenSource _stop;

    internal ChatStream(string id, long createdS, PreparedChat chat, ChatObservation observation, CancellationTokenSource stop)
    {
        (Id, CreatedS, Model, Fingerprint) = (id, createdS, chat.Model.Id, chat.Model.Fingerprint);
        (_chat, _observation, _stop) = (chat, observation, stop);
    }

    /// <summary>Identity of the answer, <c>chatcmpl-…</c>.</summary>
    public string Id { get; }

    /// <summary>The version that answers, <c>name:VERSION</c>, whatever the request's reference was.</summary>
    public string Model { get; }

    /// <summary>Identity of weights, adapter and arithmetic: same fingerprint and seed, same text.</summary>
    public string Fingerprint { get; }

    /// <summary>When the answer was begun, seconds since 1970.</summary>
    public long CreatedS { get; }

    /// <summary>Tokens of the prompt.</summary>
    public int PromptTokens => _chat.PromptTokens;

    /// <summary>Tokens so far; final once <see cref="ReadAsync"/> has ended.</summary>
    public TokenUsage Usage => new(PromptTokens, _chat.Choices.Sum(choice => choice.GeneratedCount));

    /// <summary>All pieces of all choices as they appear; can be read once.</summary>
    /// <exception cref="Core.Errors.TemperException">The model failed: code <c>logits_not_finite</c> or <c>internal</c>.</exception>
    public async IAsyncEnumerable<ChatPiece> ReadAsync([EnumeratorCancellation] CancellationToken ct = default)
    {
        var pieces = _chat.Sink.Pieces.ReadAllAsync(ct).GetAsyncEnumerator(ct);
        await using (pieces.ConfigureAwait(false))
            while (await MoveAsync(pieces).ConfigureAwait(false))
            {
                _observation.Saw(pieces.Current);
                yield return pieces.Current;
            }
        _observation.Completed(Usage);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _observation.Dispose();
        _stop.Dispose();
    }

    private async ValueTask<bool> MoveAsync(IAsyncEnumerator<ChatPiece> pieces)
    {
        try
        {
            return await pieces.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _observation.Failed(e);
            throw;
        }
    }
}
