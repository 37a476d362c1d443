using System.Text.Json.Nodes;
using Temper.Core.Datasets;

namespace Temper.Serving;

/// <summary>A chat to be continued by a model, however it was asked for.</summary>
/// <param name="Model">Reference: <c>name</c>, <c>name:VERSION</c>, <c>name@alias</c>…</param>
/// <param name="Messages">At least one.</param>
public sealed record ChatRequest(string Model, IReadOnlyList<ChatTurn> Messages)
{
    /// <summary>How tokens are chosen.</summary>
    public SamplingSettings Sampling { get; init; } = new();

    /// <summary>Most tokens of an answer; null: as many as the context holds.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>By which name <see cref="MaxTokens"/> was given.</summary>
    internal string MaxTokensField { get; init; } = "max_completion_tokens";

    /// <summary>Strings that end an answer and are not part of it; at most 4.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Number of answers, 1 and up.</summary>
    public int Choices { get; init; } = 1;

    /// <summary>Further variables that the chat template sees by name.</summary>
    public IReadOnlyDictionary<string, JsonNode?>? TemplateVariables { get; init; }
}
