using System.Text.Json;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>An object of tokenizer.json with its path, so that every complaint says where.</summary>
internal readonly record struct TokenizerNode(JsonElement Element, string Path, string File)
{
    /// <summary>The component's type.</summary>
    public string Type => Text("type");

    /// <summary>A member that is there and not null.</summary>
    public TokenizerNode? Find(string name)
    {
        if (Element.ValueKind != JsonValueKind.Object) throw Invalid("is no object");
        return Element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? new TokenizerNode(value, Path.Length == 0 ? name : $"{Path}.{name}", File) : null;
    }

    /// <summary>A member that must be there.</summary>
    public TokenizerNode Get(string name) => Find(name) ?? throw Invalid($"has no {name}");

    /// <summary>A string that must be there.</summary>
    public string Text(string name) => Get(name).AsText();

    /// <summary>A string.</summary>
    public string AsText() => Element.ValueKind == JsonValueKind.String ? Element.GetString()! : throw Invalid("is no string");

    /// <summary>A whole number that must be there, from <paramref name="least"/>.</summary>
    public int Whole(string name, int least = 0) => Get(name).AsWhole(least);

    /// <summary>A whole number.</summary>
    public int AsWhole(int least = 0) => Element.ValueKind == JsonValueKind.Number && Element.TryGetInt32(out var value) && value >= least
        ? value : throw Invalid($"is {Shown()}, expected a whole number from {least}");

    /// <summary>A switch.</summary>
    public bool Flag(string name, bool absent = false) => Find(name) is not { } found ? absent : found.Element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw found.Invalid($"is {found.Shown()}, expected true or false"),
    };

    /// <summary>The items of a list.</summary>
    public IEnumerable<TokenizerNode> Items(string name)
    {
        var list = Get(name);
        if (list.Element.ValueKind != JsonValueKind.Array) throw list.Invalid("is no list");
        var index = 0;
        foreach (var item in list.Element.EnumerateArray()) yield return new TokenizerNode(item, $"{list.Path}[{index++}]", File);
    }

    /// <summary>The steps of a Sequence, or this one alone.</summary>
    public IEnumerable<TokenizerNode> Steps(string list) => Type == "Sequence" ? Items(list) : [this];

    /// <summary>What Split and Replace look for.</summary>
    public TextPattern Pattern(string name)
    {
        var node = Get(name);
        if (node.Find("String") is { } literal)
            return literal.AsText() is { Length: > 0 } text ? new LiteralPattern(CodePoints.WellFormed(text)) : throw literal.Invalid("is empty");
        var regex = node.Text("Regex");
        try
        {
            return WordPatterns.Find(regex) is { } known ? new WordsPattern(known) : new RegexPattern(PatternProgram.Compile(regex));
        }
        catch (PatternException e)
        {
            throw Unsupported($"the pattern {regex}: {e.Message}");
        }
    }

    /// <summary>The file is damaged here.</summary>
    public TemperException Invalid(string what) => Error("tokenizer_invalid", $"{(Path.Length == 0 ? "it" : Path)} {what}");

    /// <summary>The file asks for something that is not there.</summary>
    public TemperException Unsupported(string what) => Error("tokenizer_unsupported", $"it uses {what}");

    private string Shown() => Element.GetRawText() is { Length: <= 40 } text ? text : $"a {Element.ValueKind}";

    private TemperException Error(string code, string what) =>
        new([new Problem(code, $"Reading {System.IO.Path.GetFileName(File)}: {what}.") { File = File, Path = Path.Length == 0 ? null : Path }]);
}
