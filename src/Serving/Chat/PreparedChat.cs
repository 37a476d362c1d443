using System.Security.Cryptography;
using Temper.Core.Errors;
using Temper.Models;

namespace Temper.Serving;

/// <summary>A request as the decode loop takes it: rendered, encoded, checked against the context, one sequence per choice.</summary>
/// <param name="Model">The model that answers.</param>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="Choices">One sequence each.</param>
/// <param name="Sink">Where the pieces come out.</param>
internal sealed record PreparedChat(ServedModel Model, int PromptTokens, IReadOnlyList<Sequence> Choices, PieceSink Sink)
{
    /// <summary>Prepares <paramref name="request"/>; <paramref name="closed"/> is called when the last choice has left the loop.</summary>
    /// <exception cref="TemperException">Codes <c>template_missing</c>, those of the template, <c>context_length_exceeded</c>, <c>invalid_value</c>.</exception>
    public static PreparedChat Of(ChatRequest request, ServedModel model, Action closed, CancellationToken abandoned)
    {
        var weights = model.Loop.Base;
        var prompt = Encode(request, model);
        var room = Room(request, prompt.Length, weights.Context);
        if (request.Sampling.LogitBias.Keys.FirstOrDefault(id => id < 0 || id >= weights.Decoder.Config.VocabularySize, -1) is >= 0 and var stray)
            throw new TemperException([ChatRequestRules.Invalid("logit_bias", stray, $"must name tokens below {weights.Decoder.Config.VocabularySize}")]);
        var seed = request.Sampling.Seed is { } given ? unchecked((ulong)given) : BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
        var sink = new PieceSink(request.Choices, closed, abandoned);
        var choices = Enumerable.Range(0, request.Choices).Select(choice => new Sequence(prompt)
        {
            Choice = choice,
            MaxTokens = room,
            Adapter = model.Adapter,
            StopTokens = model.Own?.StopTokens ?? weights.StopTokens,
            Sampler = new(request.Sampling.Over(weights.Generation), seed, choice, prompt),
            Text = new(weights.Tokenizer),
            Stops = new(request.Stop),
            Sink = sink,
        }).ToList();
        return new(model, prompt.Length, choices, sink);
    }

    private static int[] Encode(ChatRequest request, ServedModel model)
    {
        var weights = model.Loop.Base;
        var template = model.Own?.Template ?? weights.Template ?? throw new TemperException("template_missing", $"{model.Id} has no chat template.");
        var chat = template.Render(request.Messages, addGenerationPrompt: true, request.TemplateVariables);
        var tokens = chat.EncodeIds(weights.Tokenizer);
        return tokens.Length > 0 ? tokens : throw new TemperException([ChatRequestRules.Invalid("messages", "nothing", "the template must make at least one token of them")]);
    }

    /// <summary>Tokens that the answer may have.</summary>
    private static int Room(ChatRequest request, int prompt, int context)
    {
        var wanted = request.MaxTokens ?? Math.Max(1, context - prompt);
        if (prompt + wanted <= context)
            return wanted;
        var message = $"This model's maximum context length is {context} tokens. However, you requested {prompt + wanted} tokens ({prompt} in the messages, {wanted} in the completion).";
        throw new TemperException([new Problem("context_length_exceeded", message) { Path = "messages", Value = $"{prompt + wanted}", Hint = "Shorten the messages or the completion." }]);
    }
}
