using Temper.Core.Errors;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Temper.Training.Recipes;

/// <summary>YAML 1.2 to nodes: one document of maps, lists and plain values. Anchors, aliases, tags and repeated keys are refused.</summary>
internal sealed class RecipeYaml
{
    private const int MaxDepth = 16;
    private readonly Parser _events;
    private readonly List<Problem> _problems;
    private readonly string? _file;

    private RecipeYaml(string text, string? file, List<Problem> problems) =>
        (_events, _file, _problems) = (new Parser(new StringReader(text)), file, problems);

    /// <summary>The document's root, or null with the reason in <paramref name="problems"/>.</summary>
    public static RecipeNode? Read(string text, string? file, List<Problem> problems)
    {
        try
        {
            var reader = new RecipeYaml(text, file, problems);
            reader._events.Consume<StreamStart>();
            if (reader._events.TryConsume<StreamEnd>(out _))
                return new RecipeNode.Map([], 1);
            reader._events.Consume<DocumentStart>();
            var root = reader.Node(0);
            reader._events.Consume<DocumentEnd>();
            if (!reader._events.TryConsume<StreamEnd>(out _))
                reader.Refuse(reader._events.Current!.Start.Line, "A recipe is one YAML document; a second one begins here.", "Put it into a file of its own.");
            return root;
        }
        catch (YamlException e)
        {
            problems.Add(new("recipe_syntax", $"The YAML cannot be read: {e.Message}") { File = file, Line = e.Start.Line, Hint = "Check indentation (spaces, no tabs), colons and quotes on that line." });
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // The scanner's own state breaks on some texts, such as a ':' that ends one inside brackets, and on escapes of characters that there are not.
            problems.Add(new("recipe_syntax", "The YAML cannot be read: a bracket, brace or quote is not closed, or an escape names no character.") { File = file, Line = 1, Hint = "Check brackets, braces and quotes." });
            return null;
        }
    }

    private RecipeNode Node(int depth)
    {
        if (depth > MaxDepth)
            throw new YamlException(_events.Current!.Start, _events.Current.End, $"more than {MaxDepth} levels of nesting");
        if (_events.TryConsume<AnchorAlias>(out var alias))
        {
            Refuse(alias.Start.Line, $"The alias *{alias.Value} is not allowed in a recipe.", "Write the value out.");
            return new RecipeNode.Scalar("", false, alias.Start.Line);
        }
        var node = (NodeEvent)_events.Current!;
        if (!node.Anchor.IsEmpty)
            Refuse(node.Start.Line, $"The anchor &{node.Anchor} is not allowed in a recipe.", "Write the value out where it is used.");
        if (!node.Tag.IsEmpty && !node.Tag.IsNonSpecific)
            Refuse(node.Start.Line, $"The tag {node.Tag} is not allowed in a recipe.", "Remove it; types are known from the names.");
        if (_events.TryConsume<Scalar>(out var scalar))
            return new RecipeNode.Scalar(scalar.Value, scalar.Style is not ScalarStyle.Plain, scalar.Start.Line);
        return _events.TryConsume<SequenceStart>(out var list) ? Items(list.Start.Line, depth) : Map(depth);
    }

    private RecipeNode.Items Items(long line, int depth)
    {
        var values = new List<RecipeNode>();
        while (!_events.TryConsume<SequenceEnd>(out _))
            values.Add(Node(depth + 1));
        return new(values, line);
    }

    private RecipeNode.Map Map(int depth)
    {
        var line = _events.Consume<MappingStart>().Start.Line;
        var entries = new List<RecipeNode.Entry>();
        while (!_events.TryConsume<MappingEnd>(out _))
        {
            if (Node(depth + 1) is not RecipeNode.Scalar key)
                throw new YamlException(_events.Current!.Start, _events.Current.End, "a key is a list or a map");
            var value = Node(depth + 1);
            if (entries.FirstOrDefault(e => e.Key == key.Text) is { } first)
                Refuse(key.Line, $"'{key.Text}' is written twice, first on line {first.Line}.", "Keep one of the two.", key.Text);
            else
                entries.Add(new(key.Text, key.Line, value));
        }
        return new(entries, line);
    }

    private void Refuse(long line, string message, string hint, string? path = null) =>
        _problems.Add(new("recipe_syntax", message) { File = _file, Line = line, Hint = hint, Path = path });
}
