namespace Temper.Models;

/// <summary>Reads <c>pre_tokenizer</c>. ByteLevel spells words in bytes, so nothing may come after it.</summary>
internal static class PreTokenizerReader
{
    private const string Supported = "Sequence, BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, Metaspace, Punctuation, Split, Whitespace, WhitespaceSplit";

    /// <summary>The steps of a node, Sequences laid flat, and whether the last one is ByteLevel.</summary>
    public static (PreTokenizer PreTokenizer, bool SpellsBytes) Read(TokenizerNode node)
    {
        var nodes = Flat(node).ToList();
        if (nodes.FindIndex(step => step.Type == "ByteLevel") is >= 0 and var at && at != nodes.Count - 1)
            throw nodes[at].Unsupported($"pre_tokenizer '{nodes[at + 1].Type}' after ByteLevel");
        var steps = nodes.Select(Step).ToList();
        return (steps is [var only] ? only : new PreTokenizerSequence(steps), nodes.Count > 0 && nodes[^1].Type == "ByteLevel");
    }

    private static IEnumerable<TokenizerNode> Flat(TokenizerNode node) => node.Type == "Sequence" ? node.Items("pretokenizers").SelectMany(Flat) : [node];

    private static PreTokenizer Step(TokenizerNode node) => node.Type switch
    {
        "BertPreTokenizer" => new PreTokenizerSequence([Spaces(), new SplitPreTokenizer(new CharacterPattern(CodePoints.IsPunctuation), SplitBehavior.Isolated)]),
        "ByteLevel" => new ByteLevelPreTokenizer(node.Flag("add_prefix_space", absent: true), node.Flag("use_regex", absent: true)),
        "CharDelimiterSplit" => new SplitPreTokenizer(new LiteralPattern(Sign(node, "delimiter")), SplitBehavior.Removed),
        "Digits" => new SplitPreTokenizer(CharacterPattern.Numbers, node.Flag("individual_digits") ? SplitBehavior.Isolated : SplitBehavior.Contiguous),
        "Metaspace" => new MetaspacePreTokenizer(Sign(node, "replacement"), Scheme(node), node.Flag("split", absent: true)),
        "Punctuation" => new SplitPreTokenizer(new CharacterPattern(CodePoints.IsPunctuation), node.Find("behavior") is null ? SplitBehavior.Isolated : Behavior(node)),
        "Split" => new SplitPreTokenizer(node.Pattern("pattern"), Behavior(node), node.Flag("invert")),
        "Whitespace" => new SplitPreTokenizer(new RegexPattern(PatternProgram.Compile(@"\w+|[^\w\s]+")), SplitBehavior.Removed, invert: true),
        "WhitespaceSplit" => Spaces(),
        var other => throw node.Unsupported($"pre_tokenizer '{other}'; supported: {Supported}"),
    };

    private static SplitPreTokenizer Spaces() => new(new CharacterPattern(CodePoints.IsSpace), SplitBehavior.Removed);

    private static SplitBehavior Behavior(TokenizerNode node) => Enum.TryParse<SplitBehavior>(node.Text("behavior"), out var behavior) && !char.IsAsciiDigit(node.Text("behavior")[0])
        ? behavior : throw node.Invalid($"has the behavior '{node.Text("behavior")}', expected {string.Join(", ", Enum.GetNames<SplitBehavior>())}");

    /// <summary>When the sign goes before a piece; older files say add_prefix_space.</summary>
    public static PrependScheme Scheme(TokenizerNode node)
    {
        if (node.Find("prepend_scheme") is null) return node.Flag("add_prefix_space", absent: true) ? PrependScheme.Always : PrependScheme.Never;
        var scheme = node.Text("prepend_scheme") switch
        {
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            var other => throw node.Invalid($"has the prepend_scheme '{other}', expected always, first or never"),
        };
        if (!node.Flag("add_prefix_space", absent: true) && scheme != PrependScheme.Never) throw node.Invalid("says add_prefix_space false and prepend_scheme " + scheme);
        return scheme;
    }

    /// <summary>One character.</summary>
    public static string Sign(TokenizerNode node, string name)
    {
        var text = CodePoints.WellFormed(node.Text(name));
        return text.Length > 0 && CodePoints.Count(text) == 1 ? text : throw node.Get(name).Invalid("is not one character");
    }
}
