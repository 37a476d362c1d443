using System.Text;
using System.Text.Json;
using Temper.Core.Errors;

namespace Temper.Training.Recipes;

/// <summary>JSON to nodes, with the line of every value. Repeated keys are refused; comments and trailing commas too.</summary>
internal ref struct RecipeJsonText
{
    private readonly ReadOnlySpan<byte> _text;
    private readonly string? _file;
    private readonly List<Problem> _problems;
    private Utf8JsonReader _reader;
    private long _line;
    private int _counted;

    private RecipeJsonText(ReadOnlySpan<byte> text, string? file, List<Problem> problems)
    {
        _text = text;
        (_file, _problems) = (file, problems);
        _reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = 16 });
        _line = 1;
    }

    /// <summary>The document's root, or null with the reason in <paramref name="problems"/>.</summary>
    public static RecipeNode? Read(string text, string? file, List<Problem> problems)
    {
        var reader = new RecipeJsonText(Encoding.UTF8.GetBytes(text), file, problems);
        try
        {
            reader.Next();
            var root = reader.Node();
            reader._reader.Read();
            return root;
        }
        catch (JsonException e)
        {
            var cut = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
            problems.Add(new("recipe_syntax", $"The JSON cannot be read: {(cut < 0 ? e.Message : e.Message[..cut])}")
            {
                File = file,
                Line = (e.LineNumber ?? 0) + 1,
                Hint = "Check commas, quotes and brackets on that line.",
            });
            return null;
        }
        catch (InvalidOperationException e) when (e.InnerException is DecoderFallbackException or null)
        {
            problems.Add(new("recipe_syntax", "A text of the JSON holds half a character.") { File = file, Line = reader._line, Hint = "Correct the \\u escape on that line." });
            return null;
        }
    }

    private void Next()
    {
        _reader.Read();
        var at = (int)_reader.TokenStartIndex;
        _line += _text[_counted..at].Count((byte)'\n');
        _counted = at;
    }

    private RecipeNode Node() => _reader.TokenType switch
    {
        JsonTokenType.StartObject => Map(),
        JsonTokenType.StartArray => Items(),
        JsonTokenType.String => new RecipeNode.Scalar(_reader.GetString()!, true, _line),
        _ => new RecipeNode.Scalar(Encoding.UTF8.GetString(_reader.ValueSpan), false, _line),
    };

    private RecipeNode.Items Items()
    {
        var line = _line;
        var values = new List<RecipeNode>();
        for (Next(); _reader.TokenType != JsonTokenType.EndArray; Next())
            values.Add(Node());
        return new(values, line);
    }

    private RecipeNode.Map Map()
    {
        var start = _line;
        var entries = new List<RecipeNode.Entry>();
        for (Next(); _reader.TokenType != JsonTokenType.EndObject; Next())
        {
            var (key, line) = (_reader.GetString()!, _line);
            Next();
            var value = Node();
            if (entries.FirstOrDefault(e => e.Key == key) is { } first)
                _problems.Add(new("recipe_syntax", $"'{key}' is written twice, first on line {first.Line}.") { File = _file, Line = line, Hint = "Keep one of the two.", Path = key });
            else
                entries.Add(new(key, line, value));
        }
        return new(entries, start);
    }
}
