using System.Globalization;

namespace Temper.Models;

/// <summary>Jinja's expression grammar. Every level calls the next tighter one.</summary>
internal sealed class JinjaExpressionParser(JinjaCursor cursor)
{
    /// <summary>A whole expression; commas make a tuple when <paramref name="tuple"/>.</summary>
    public JinjaExpression Parse(bool tuple = false, bool conditional = true)
    {
        var line = cursor.Line;
        var first = conditional ? Conditional() : Or();
        if (!tuple || !cursor.Is(",")) return first;
        List<JinjaExpression> items = [first];
        while (cursor.TryTake(",") && cursor.Current.Kind is not (JinjaKind.BlockEnd or JinjaKind.OutputEnd) && !cursor.Is(")")) items.Add(conditional ? Conditional() : Or());
        return new ListExpression(line, items, Tuple: true);
    }

    /// <summary>One filter or test with its arguments; the name may have dots.</summary>
    public JinjaCall Named(bool test)
    {
        var name = cursor.Expect(JinjaKind.Name).Text;
        if (cursor.Is("(")) return Arguments(name);
        if (!test || !BeginsPrimary()) return new JinjaCall(name, [], []);
        return new JinjaCall(name, [Postfix(Primary())], []);
    }

    private JinjaExpression Conditional() => cursor.Nested(() =>
    {
        var line = cursor.Line;
        var value = Or();
        while (cursor.TryTake("if"))
        {
            var test = Or();
            var otherwise = cursor.TryTake("else") ? Conditional() : null;
            value = new ConditionalExpression(line, test, value, otherwise);
        }

        return value;
    });

    private JinjaExpression Or() => LeftAssociative(And, "or");

    private JinjaExpression And() => LeftAssociative(Not, "and");

    private JinjaExpression Not()
    {
        var line = cursor.Line;
        return cursor.TryTake("not") ? cursor.Nested<JinjaExpression>(() => new UnaryExpression(line, "not", Not())) : Compare();
    }

    private JinjaExpression Compare()
    {
        var line = cursor.Line;
        var first = Sum();
        var rest = new List<(string, JinjaExpression)>();
        while (true)
        {
            if (cursor.Current.Kind == JinjaKind.Operator && cursor.Current.Text is "==" or "!=" or "<" or "<=" or ">" or ">=") rest.Add((cursor.Take().Text, Sum()));
            else if (cursor.TryTake("in")) rest.Add(("in", Sum()));
            else if (cursor.Is("not") && cursor.Following is { Kind: JinjaKind.Name, Text: "in" })
            {
                cursor.Take();
                cursor.Take();
                rest.Add(("not in", Sum()));
            }
            else return rest.Count == 0 ? first : new CompareExpression(line, first, rest);
        }
    }

    private JinjaExpression Sum() => LeftAssociative(Concatenation, "+", "-");

    private JinjaExpression Concatenation() => LeftAssociative(Product, "~");

    private JinjaExpression Product() => LeftAssociative(Power, "*", "/", "//", "%");

    private JinjaExpression Power() => LeftAssociative(() => Unary(), "**");

    private JinjaExpression LeftAssociative(Func<JinjaExpression> tighter, params ReadOnlySpan<string> operators)
    {
        var line = cursor.Line;
        var left = tighter();
        while (cursor.Current.Kind is JinjaKind.Operator or JinjaKind.Name && operators.Contains(cursor.Current.Text))
            left = new BinaryExpression(line, cursor.Take().Text, left, tighter());
        return left;
    }

    private JinjaExpression Unary(bool filters = true)
    {
        var line = cursor.Line;
        JinjaExpression value;
        if (cursor.TryTake("-")) value = cursor.Nested<JinjaExpression>(() => new UnaryExpression(line, "-", Unary(filters: false)));
        else if (cursor.TryTake("+")) value = cursor.Nested<JinjaExpression>(() => new UnaryExpression(line, "+", Unary(filters: false)));
        else value = Primary();
        value = Postfix(value);
        return filters ? FiltersAndTests(value) : value;
    }

    private JinjaExpression FiltersAndTests(JinjaExpression value)
    {
        while (true)
        {
            var line = cursor.Line;
            if (cursor.TryTake("|")) value = new FilterExpression(line, value, Named(test: false));
            else if (cursor.TryTake("is"))
            {
                var negated = cursor.TryTake("not");
                value = new TestExpression(line, value, Named(test: true), negated);
            }
            else if (cursor.Is("(")) value = new CallExpression(line, value, Arguments(""));
            else return value;
        }
    }

    private JinjaExpression Postfix(JinjaExpression value)
    {
        while (true)
        {
            var line = cursor.Line;
            if (cursor.TryTake("."))
            {
                value = cursor.Current.Kind == JinjaKind.Integer
                    ? new ItemExpression(line, value, Primary())
                    : new AttributeExpression(line, value, cursor.Expect(JinjaKind.Name).Text);
            }
            else if (cursor.TryTake("[")) value = Subscript(value, line);
            else if (cursor.Is("(")) value = new CallExpression(line, value, Arguments(""));
            else return value;
        }
    }

    private JinjaExpression Subscript(JinjaExpression owner, int line)
    {
        var first = cursor.Is(":") ? null : Parse();
        if (cursor.TryTake("]")) return new ItemExpression(line, owner, first!);
        cursor.Expect(":");
        var second = cursor.Is(":") || cursor.Is("]") ? null : Parse();
        var third = cursor.TryTake(":") && !cursor.Is("]") ? Parse() : null;
        cursor.Expect("]");
        return new SliceExpression(line, owner, first, second, third);
    }

    private JinjaCall Arguments(string name)
    {
        cursor.Expect("(");
        var positional = new List<JinjaExpression>();
        var named = new List<(string Name, JinjaExpression)>();
        while (!cursor.TryTake(")"))
        {
            if (cursor.Is("*") || cursor.Is("**")) throw JinjaErrors.Unsupported(cursor.Line, "unpacked arguments");
            if (cursor.Current.Kind == JinjaKind.Name && cursor.Following is { Kind: JinjaKind.Operator, Text: "=" })
            {
                var key = cursor.Take().Text;
                if (named.Exists(known => known.Name == key)) throw JinjaErrors.Invalid(cursor.Line, $"'{key}' is given twice");
                cursor.Take();
                named.Add((key, Parse()));
            }
            else if (named.Count > 0) throw JinjaErrors.Invalid(cursor.Line, "a positional argument follows a named one");
            else positional.Add(Parse());
            if (!cursor.Is(")")) cursor.Expect(",");
        }

        return new JinjaCall(name, positional, named);
    }

    private bool BeginsPrimary() => cursor.Current.Kind switch
    {
        JinjaKind.Name => cursor.Current.Text is not ("else" or "or" or "and" or "if" or "is" or "in" or "not"),
        JinjaKind.String or JinjaKind.Integer or JinjaKind.Float => true,
        JinjaKind.Operator => cursor.Current.Text is "[" or "{",
        _ => false,
    };

    private JinjaExpression Primary()
    {
        var token = cursor.Take();
        switch (token.Kind)
        {
            case JinjaKind.Name:
                return token.Text switch
                {
                    "true" or "True" => new LiteralExpression(token.Line, true),
                    "false" or "False" => new LiteralExpression(token.Line, false),
                    "none" or "None" => new LiteralExpression(token.Line, null),
                    _ => new NameExpression(token.Line, token.Text),
                };
            case JinjaKind.String:
                var text = token.Text;
                while (cursor.Current.Kind == JinjaKind.String) text += cursor.Take().Text;
                return new LiteralExpression(token.Line, text);
            case JinjaKind.Integer when long.TryParse(token.Text, CultureInfo.InvariantCulture, out var whole):
                return new LiteralExpression(token.Line, whole);
            case JinjaKind.Float:
                return new LiteralExpression(token.Line, double.Parse(token.Text, CultureInfo.InvariantCulture));
            case JinjaKind.Operator when token.Text is "(" or "[" or "{":
                return cursor.Nested(() => token.Text switch { "(" => Parenthesised(token.Line), "[" => List(token.Line), _ => Dict(token.Line) });
            default:
                throw JinjaErrors.Invalid(token.Line, $"expected a value, found {(token.Text.Length > 0 ? $"'{token.Text}'" : token.Kind)}");
        }
    }

    private JinjaExpression Parenthesised(int line)
    {
        if (cursor.TryTake(")")) return new ListExpression(line, [], Tuple: true);
        var inner = Parse(tuple: true);
        cursor.Expect(")");
        return inner;
    }

    private ListExpression List(int line)
    {
        var items = new List<JinjaExpression>();
        while (!cursor.TryTake("]"))
        {
            items.Add(Parse());
            if (!cursor.Is("]")) cursor.Expect(",");
        }

        return new ListExpression(line, items, Tuple: false);
    }

    private DictExpression Dict(int line)
    {
        var items = new List<(JinjaExpression, JinjaExpression)>();
        while (!cursor.TryTake("}"))
        {
            var key = Parse();
            cursor.Expect(":");
            items.Add((key, Parse()));
            if (!cursor.Is("}")) cursor.Expect(",");
        }

        return new DictExpression(line, items);
    }
}
