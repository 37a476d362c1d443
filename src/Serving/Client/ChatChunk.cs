using System.Runtime.CompilerServices;

namespace Temper.Serving;

/// <summary>A piece of an answer with what belongs to the whole of it.</summary>
internal sealed record ChatChunk(string Id, string Model, long CreatedS, string Text, FinishReason? Finish, TokenUsage? Usage);

/// <summary>Asks a host in this process.</summary>
internal sealed class HostAsking(ServingHost host)
{
    public async IAsyncEnumerable<ChatChunk> AskAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken ct)
    {
        var stream = await host.StartAsync(request, ct).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            await foreach (var piece in stream.ReadAsync(ct).ConfigureAwait(false))
                yield return new(stream.Id, stream.Model, stream.CreatedS, piece.Text, piece.Finish, null);
            yield return new(stream.Id, stream.Model, stream.CreatedS, "", null, stream.Usage);
        }
    }
}
