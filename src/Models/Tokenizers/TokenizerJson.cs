using System.Text.Json;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>Reads tokenizer.json. What is damaged is <c>tokenizer_invalid</c>, what is not supported <c>tokenizer_unsupported</c>; both name it.</summary>
internal static class TokenizerJson
{
    /// <summary>Parses and checks the file.</summary>
    public static TokenizerParts Parse(ReadOnlyMemory<byte> json, string file)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return Read(new TokenizerNode(document.RootElement, "", file));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // InvalidOperationException: a string of the document holds half of a surrogate pair.
            throw new TemperException([new Problem("tokenizer_invalid", $"Reading {file}: {e.Message}") { File = file }], e);
        }
    }

    private static TokenizerParts Read(TokenizerNode root)
    {
        if (root.Find("model") is not { } modelNode) throw root.Invalid("has no model");
        var normalizer = root.Find("normalizer") is { } changes ? NormalizerReader.Read(changes) : null;
        var (preTokenizer, spellsBytes) = root.Find("pre_tokenizer") is { } cuts ? PreTokenizerReader.Read(cuts) : (null, false);
        var (model, vocabulary) = ModelReader.Read(modelNode, spellsBytes);
        var added = VocabularyReader.Added(root, vocabulary);
        var template = root.Find("post_processor") is { } post ? PostProcessorReader.Read(post) : [new TemplateStep(null)];
        if (template.FirstOrDefault(step => step.Id is { } id && !vocabulary.ContainsValue(id) && added.TrueForAll(token => token.Id != id)) is { Id: { } stray })
            throw root.Get("post_processor").Invalid($"adds token {stray}, which the vocabulary lacks");
        return new TokenizerParts
        {
            Vocabulary = vocabulary,
            Added = added,
            Normalizer = normalizer,
            PreTokenizer = preTokenizer,
            Model = model,
            Template = template,
            Decoder = DecoderReader.Read(root.Find("decoder")),
        };
    }
}
