using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Temper.Core.Errors;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Temper.Ingest;

/// <summary>
/// Reads the core of YAML 1.2 (JSON is part of it): one document, plain scalars by the core schema, no anchors, aliases or tags.
/// Only <c>true</c> and <c>false</c> are truth values, so <c>yes</c> and <c>"False"</c> are text.
/// </summary>
internal sealed partial class YamlConfig
{
    private const int Deepest = 32;
    private const int LongestBytes = 1 << 20;
    private readonly string _file;
    private readonly List<Problem> _problems;
    private readonly Parser _parser;

    private YamlConfig(string file, string text, List<Problem> problems) => (_file, _problems, _parser) = (file, problems, new Parser(new StringReader(text)));

    /// <summary>The tree, or null with the reason added to <paramref name="problems"/>.</summary>
    public static ConfigNode? Read(ReadOnlySpan<byte> bytes, string file, List<Problem> problems)
    {
        if (bytes.Length > LongestBytes)
        {
            problems.Add(new("CFG_SYNTAX", $"{file} has {bytes.Length} bytes; a configuration has at most {LongestBytes}.") { File = file });
            return null;
        }
        try
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes.StartsWith(TextEncodings.Utf8Mark) ? bytes[3..] : bytes);
            return new YamlConfig(file, text, problems).Document();
        }
        catch (DecoderFallbackException)
        {
            problems.Add(new("CFG_SYNTAX", $"{file} is not UTF-8.") { File = file });
        }
        catch (YamlException e)
        {
            problems.Add(new("CFG_SYNTAX", $"{file} line {e.Start.Line}: {e.Message}") { File = file, Line = e.Start.Line });
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // The scanner's own state breaks on some texts, such as a ':' that ends one inside brackets, and on escapes of characters that there are not.
            problems.Add(new("CFG_SYNTAX", $"{file} cannot be read: a bracket, brace or quote is not closed, or an escape names no character.") { File = file, Line = 1 });
        }
        return null;
    }

    private ConfigNode? Document()
    {
        _parser.Consume<StreamStart>();
        if (_parser.Accept<StreamEnd>(out _))
            return new ConfigNode.Map("", 1, []);
        _parser.Consume<DocumentStart>();
        var root = Node("", 0);
        _parser.Consume<DocumentEnd>();
        if (_parser.Accept<DocumentStart>(out var second))
            Refuse(second, "", "a second document");
        return root;
    }

    private ConfigNode Node(string pointer, int depth)
    {
        var current = _parser.Current ?? throw new YamlException("The document ends too early.");
        if (depth > Deepest)
            throw new YamlException(current.Start, current.End, $"Nested more than {Deepest} levels deep.");
        if (current is NodeEvent node && (!node.Anchor.IsEmpty || !node.Tag.IsEmpty))
            Refuse(current, pointer, node.Anchor.IsEmpty ? "the tag " + node.Tag.Value : "the anchor &" + node.Anchor.Value);
        var line = (int)current.Start.Line;
        switch (current)
        {
            case Scalar scalar:
                _parser.MoveNext();
                return new ConfigNode.Scalar(pointer, line, scalar.Style == ScalarStyle.Plain ? Plain(scalar.Value) : scalar.Value);
            case MappingStart:
                return Map(pointer, line, depth);
            case SequenceStart:
                return List(pointer, line, depth);
            case AnchorAlias alias:
                Refuse(current, pointer, "the alias *" + alias.Value.Value);
                _parser.MoveNext();
                return new ConfigNode.Scalar(pointer, line, null);
            default:
                throw new YamlException(current.Start, current.End, "A value is expected here.");
        }
    }

    private ConfigNode.Map Map(string pointer, int line, int depth)
    {
        var members = new List<KeyValuePair<string, ConfigNode>>();
        var map = new ConfigNode.Map(pointer, line, members);
        _parser.MoveNext();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            if (!_parser.TryConsume<Scalar>(out var key))
                throw new YamlException(_parser.Current!.Start, _parser.Current.End, "A key must be plain text.");
            var value = Node(map.PointerTo(key.Value), depth + 1);
            if (members.Exists(m => m.Key == key.Value))
                _problems.Add(new("CFG_DUPLICATE_KEY", $"'{key.Value}' stands twice.") { File = _file, Line = key.Start.Line, Path = value.Pointer });
            else
                members.Add(new(key.Value, value));
        }
        return map;
    }

    private ConfigNode.Sequence List(string pointer, int line, int depth)
    {
        var items = new List<ConfigNode>();
        _parser.MoveNext();
        while (!_parser.TryConsume<SequenceEnd>(out _))
            items.Add(Node(FormattableString.Invariant($"{pointer}/{items.Count}"), depth + 1));
        return new(pointer, line, items);
    }

    private void Refuse(ParsingEvent at, string pointer, string what) =>
        _problems.Add(new("CFG_YAML_FEATURE", $"{_file} line {at.Start.Line} uses {what}; only the core of YAML is read.")
        {
            File = _file,
            Line = at.Start.Line,
            Path = pointer,
            Hint = "Write the values out, without anchors, aliases, tags or further documents.",
        });

    /// <summary>The core schema of YAML 1.2, section 10.3.2.</summary>
    private static object? Plain(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => null,
        "true" or "True" or "TRUE" => true,
        "false" or "False" or "FALSE" => false,
        _ when Whole().IsMatch(text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole : text,
        _ when Number().IsMatch(text) => double.Parse(text, CultureInfo.InvariantCulture),
        _ => text,
    };

    [GeneratedRegex(@"\A[-+]?[0-9]+\z", RegexOptions.NonBacktracking)]
    private static partial Regex Whole();

    [GeneratedRegex(@"\A[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z", RegexOptions.NonBacktracking)]
    private static partial Regex Number();
}
