using System.Diagnostics;

namespace Temper.Serving;

/// <summary>
/// The span and the measures of one request. The first complete answer of a version also gets a span <c>model.first_answer</c> in the trace in which the
/// version was made, so that one trace id leads from the upload to it.
/// </summary>
internal sealed class ChatObservation : IDisposable
{
    private readonly ServingTelemetry _telemetry;
    private readonly TimeProvider _clock;
    private readonly long _began;
    private readonly DateTimeOffset _beganAt;
    private readonly Activity? _span;
    private readonly List<string> _finishes = [];
    private ServedModel? _model;
    private long? _firstPiece;

    /// <summary>Begins to observe.</summary>
    public ChatObservation(ServingTelemetry telemetry, ChatRequest request, TimeProvider clock)
    {
        (_telemetry, _clock, _began, _beganAt) = (telemetry, clock, clock.GetTimestamp(), clock.GetUtcNow());
        _span = ServingTelemetry.Source.StartActivity($"chat {request.Model}");
        _span?.SetTag("gen_ai.operation.name", "chat").SetTag("gen_ai.provider.name", "temper").SetTag("gen_ai.request.model", request.Model)
            .SetTag("gen_ai.request.temperature", request.Sampling.Temperature).SetTag("gen_ai.request.top_p", request.Sampling.TopP)
            .SetTag("gen_ai.request.max_tokens", request.MaxTokens).SetTag("gen_ai.request.seed", request.Sampling.Seed)
            .SetTag("gen_ai.request.choice.count", request.Choices);
    }

    /// <summary>The model is known and the answer has an identity.</summary>
    public void Began(ServedModel model, string id)
    {
        _model = model;
        _span?.SetTag("gen_ai.response.model", model.Id).SetTag("gen_ai.response.id", id);
    }

    /// <summary>The request failed before or while it was answered.</summary>
    public void Failed(Exception error)
    {
        _span?.SetTag("error.type", error is Core.Errors.TemperException known ? known.Code : error.GetType().Name);
        _span?.SetStatus(ActivityStatusCode.Error, error.Message);
    }

    /// <summary>A piece came out.</summary>
    public void Saw(ChatPiece piece)
    {
        if (_firstPiece is null)
        {
            _firstPiece = _clock.GetTimestamp();
            _telemetry.FirstToken.Record(_clock.GetElapsedTime(_began).TotalSeconds, Tag());
        }
        if (piece.Finish is { } finish)
            _finishes.Add(finish == FinishReason.Stop ? "stop" : "length");
    }

    /// <summary>All choices are complete.</summary>
    public void Completed(TokenUsage usage)
    {
        _telemetry.Tokens.Add(usage.PromptTokens, Tag(), new("gen_ai.token.type", "input"));
        _telemetry.Tokens.Add(usage.CompletionTokens, Tag(), new("gen_ai.token.type", "output"));
        _telemetry.Duration.Record(_clock.GetElapsedTime(_began).TotalSeconds, Tag());
        var writing = _clock.GetElapsedTime(_firstPiece ?? _began).TotalSeconds;
        if (writing > 0)
            _telemetry.Speed.Record(usage.CompletionTokens / writing, Tag());
        _span?.SetTag("gen_ai.usage.input_tokens", usage.PromptTokens).SetTag("gen_ai.usage.output_tokens", usage.CompletionTokens)
            .SetTag("gen_ai.response.finish_reasons", _finishes.ToArray());
        if (_model is { } model && _telemetry.IsFirstAnswer(model.Id))
            FirstAnswer(model);
    }

    /// <inheritdoc/>
    public void Dispose() => _span?.Dispose();

    private void FirstAnswer(ServedModel model)
    {
        if (!ActivityContext.TryParse(model.Traceparent, null, isRemote: true, out var made))
            return;
        ActivityLink[] links = _span is null ? [] : [new(_span.Context)];
        using var first = ServingTelemetry.Source.StartActivity("model.first_answer", ActivityKind.Internal, made, [new("gen_ai.response.model", model.Id)], links, _beganAt);
    }

    private KeyValuePair<string, object?> Tag() => new("gen_ai.response.model", _model?.Id);
}
