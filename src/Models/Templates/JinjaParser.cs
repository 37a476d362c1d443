namespace Temper.Models;

/// <summary>Jinja's statements, as far as chat templates use them.</summary>
internal sealed class JinjaParser
{
    private readonly JinjaCursor cursor;
    private readonly JinjaExpressionParser expressions;

    private JinjaParser(JinjaCursor cursor) => (this.cursor, expressions) = (cursor, new JinjaExpressionParser(cursor));

    /// <summary>Parses a template.</summary>
    public static IReadOnlyList<JinjaNode> Parse(string template)
    {
        var parser = new JinjaParser(new JinjaCursor(JinjaLexer.Read(template)));
        var nodes = parser.Body();
        if (parser.cursor.Current.Kind == JinjaKind.End) return nodes;
        throw JinjaErrors.Invalid(parser.cursor.Line, $"unexpected '{parser.cursor.Following.Text}'");
    }

    /// <summary>Nodes up to a block that begins with one of these words, which is left at its word, or to the end.</summary>
    private List<JinjaNode> Body(params ReadOnlySpan<string> ends)
    {
        var nodes = new List<JinjaNode>();
        while (true)
        {
            var token = cursor.Current;
            if (token.Kind == JinjaKind.End)
                return ends.IsEmpty ? nodes : throw JinjaErrors.Invalid(token.Line, $"the template ends where '{string.Join("' or '", ends.ToArray())}' was expected");
            if (token.Kind == JinjaKind.Text) nodes.Add(new TextNode(token.Line, cursor.Take().Text));
            else if (token.Kind == JinjaKind.OutputBegin) nodes.Add(Output());
            else if (cursor.Following.Kind == JinjaKind.Name && (ends.Contains(cursor.Following.Text) || cursor.Following.Text.StartsWith("end", StringComparison.Ordinal)))
            {
                if (ends.IsEmpty) return nodes;
                cursor.Take();
                return ends.Contains(cursor.Current.Text) ? nodes : throw JinjaErrors.Invalid(token.Line, $"found '{cursor.Current.Text}' where '{string.Join("' or '", ends.ToArray())}' was expected");
            }
            else nodes.Add(cursor.Nested(Statement));
        }
    }

    private OutputNode Output()
    {
        var line = cursor.Take().Line;
        var value = expressions.Parse(tuple: true);
        cursor.Expect(JinjaKind.OutputEnd);
        return new OutputNode(line, value);
    }

    private JinjaNode Statement()
    {
        cursor.Take();
        var word = cursor.Expect(JinjaKind.Name);
        return word.Text switch
        {
            "if" => If(word.Line),
            "for" => For(word.Line),
            "set" => Set(word.Line),
            "macro" => Macro(word.Line),
            "filter" => new FilterBlockNode(word.Line, FiltersToEnd(first: true), BodyToEnd("endfilter")),
            "generation" => Generation(word.Line),
            "break" or "continue" => LoopControl(word),
            _ => throw JinjaErrors.Unsupported(word.Line, $"statement '{word.Text}'; supported: if, for, set, macro, filter, generation, break, continue"),
        };
    }

    private IfNode If(int line)
    {
        var branches = new List<(JinjaExpression?, IReadOnlyList<JinjaNode>)>();
        JinjaExpression? test = expressions.Parse(tuple: true);
        while (true)
        {
            cursor.Expect(JinjaKind.BlockEnd);
            var body = test is null ? Body("endif") : Body("elif", "else", "endif");
            branches.Add((test, body));
            var word = cursor.Take().Text;
            if (word == "endif") break;
            test = word == "elif" ? expressions.Parse(tuple: true) : null;
        }

        cursor.Expect(JinjaKind.BlockEnd);
        return new IfNode(line, branches);
    }

    private ForNode For(int line)
    {
        var targets = Targets();
        cursor.Expect("in");
        var source = expressions.Parse(tuple: true, conditional: false);
        var filter = cursor.TryTake("if") ? expressions.Parse() : null;
        if (cursor.Is("recursive")) throw JinjaErrors.Unsupported(line, "recursive loops");
        cursor.Expect(JinjaKind.BlockEnd);
        var body = Body("else", "endfor");
        List<JinjaNode> otherwise = [];
        if (cursor.Take().Text == "else")
        {
            cursor.Expect(JinjaKind.BlockEnd);
            otherwise = Body("endfor");
            cursor.Take();
        }

        cursor.Expect(JinjaKind.BlockEnd);
        return new ForNode(line, targets, source, filter, body, otherwise);
    }

    private JinjaNode Set(int line)
    {
        var targets = Targets();
        var attribute = targets.Count == 1 && cursor.TryTake(".") ? cursor.Expect(JinjaKind.Name).Text : null;
        if (cursor.TryTake("="))
        {
            var value = expressions.Parse(tuple: true);
            cursor.Expect(JinjaKind.BlockEnd);
            return new SetNode(line, targets, attribute, value);
        }

        if (targets.Count > 1) throw JinjaErrors.Invalid(line, "a set block has one target");
        var filters = FiltersToEnd(first: false);
        return new SetBlockNode(line, targets[0], attribute, BodyToEnd("endset"), filters);
    }

    private MacroNode Macro(int line)
    {
        var name = cursor.Expect(JinjaKind.Name).Text;
        var parameters = new List<(string, JinjaExpression?)>();
        cursor.Expect("(");
        while (!cursor.TryTake(")"))
        {
            var parameter = cursor.Expect(JinjaKind.Name).Text;
            parameters.Add((parameter, cursor.TryTake("=") ? expressions.Parse() : null));
            if (!cursor.Is(")")) cursor.Expect(",");
        }

        cursor.Expect(JinjaKind.BlockEnd);
        return new MacroNode(line, name, parameters, BodyToEnd("endmacro"));
    }

    private GenerationNode Generation(int line)
    {
        cursor.Expect(JinjaKind.BlockEnd);
        return new GenerationNode(line, BodyToEnd("endgeneration"));
    }

    private LoopControlNode LoopControl(JinjaToken word)
    {
        cursor.Expect(JinjaKind.BlockEnd);
        return new LoopControlNode(word.Line, word.Text == "break");
    }

    private List<JinjaCall> FiltersToEnd(bool first)
    {
        var filters = new List<JinjaCall>();
        if (first) filters.Add(expressions.Named(test: false));
        while (cursor.TryTake("|")) filters.Add(expressions.Named(test: false));
        cursor.Expect(JinjaKind.BlockEnd);
        return filters;
    }

    private List<JinjaNode> BodyToEnd(string end)
    {
        var body = Body(end);
        cursor.Take();
        if (end == "endmacro" && cursor.Current.Kind == JinjaKind.Name) cursor.Take();
        cursor.Expect(JinjaKind.BlockEnd);
        return body;
    }

    private List<string> Targets()
    {
        var parenthesised = cursor.TryTake("(");
        List<string> targets = [cursor.Expect(JinjaKind.Name).Text];
        while (cursor.TryTake(",")) targets.Add(cursor.Expect(JinjaKind.Name).Text);
        if (parenthesised) cursor.Expect(")");
        return targets;
    }
}
