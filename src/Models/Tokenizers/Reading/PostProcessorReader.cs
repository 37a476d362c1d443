using System.Text.Json;

namespace Temper.Models;

/// <summary>Reads <c>post_processor</c>: what stands around one text. Trimmed offsets are for display and ignored: places cover the text.</summary>
internal static class PostProcessorReader
{
    private const string Supported = "Sequence, BertProcessing, ByteLevel, RobertaProcessing, TemplateProcessing";

    /// <summary>The tokens around the text.</summary>
    public static IReadOnlyList<TemplateStep> Read(TokenizerNode node)
    {
        List<TemplateStep> template = [new TemplateStep(null)];
        foreach (var step in node.Steps("processors"))
        {
            // A later step puts its tokens around what the earlier ones made.
            var inner = template;
            template = [.. One(step).SelectMany(part => part.Id is null ? inner : [part])];
        }

        return template;
    }

    private static IReadOnlyList<TemplateStep> One(TokenizerNode node) => node.Type switch
    {
        "Sequence" => Read(node),
        "ByteLevel" => [new TemplateStep(null)],
        "BertProcessing" or "RobertaProcessing" => [Pair(node, "cls"), new TemplateStep(null), Pair(node, "sep")],
        "TemplateProcessing" => Template(node),
        var other => throw node.Unsupported($"post_processor '{other}'; supported: {Supported}"),
    };

    private static TemplateStep Pair(TokenizerNode node, string name)
    {
        var pair = node.Get(name);
        return pair.Element.ValueKind == JsonValueKind.Array && pair.Element.GetArrayLength() == 2 && pair.Element[1].ValueKind == JsonValueKind.Number && pair.Element[1].TryGetInt32(out var id) && id >= 0
            ? new TemplateStep(id) : throw pair.Invalid("is no [token, id]");
    }

    private static List<TemplateStep> Template(TokenizerNode node)
    {
        List<TemplateStep> template = [.. node.Items("single").SelectMany(piece => Piece(piece, node))];
        return template.Count(piece => piece.Id is null) == 1 ? template : throw node.Invalid("does not use the text exactly once");
    }

    private static IEnumerable<TemplateStep> Piece(TokenizerNode piece, TokenizerNode processor)
    {
        if (piece.Find("SpecialToken") is not { } special)
            return piece.Get("Sequence").Text("id") == "A" ? [new TemplateStep(null)] : throw piece.Invalid("names a second text");
        var known = processor.Get("special_tokens").Get(special.Text("id"));
        return [.. known.Items("ids").Select(id => new TemplateStep(id.AsWhole()))];
    }
}
