namespace Temper.Models;

/// <summary>Evaluates expressions.</summary>
internal sealed class JinjaExpressions(JinjaRun run)
{
    private const int LargestRange = 100_000;

    /// <summary>The value of an expression.</summary>
    public object? Evaluate(JinjaExpression expression, JinjaScope scope)
    {
        run.Enter(expression.Line);
        var value = ValueOf(expression, scope);
        run.Leave();
        return value;
    }

    private object? ValueOf(JinjaExpression expression, JinjaScope scope)
    {
        switch (expression)
        {
            case LiteralExpression literal:
                return literal.Value;
            case NameExpression name:
                return scope.TryGet(name.Name, out var value) ? value : Builtin(name.Name);
            case ListExpression list:
                var items = list.Items.Select(item => Evaluate(item, scope));
                return list.Tuple ? items.ToArray() : items.ToList();
            case DictExpression dict:
                return Dict(dict, scope);
            case UnaryExpression unary:
                return Unary(unary, Evaluate(unary.Value, scope));
            case BinaryExpression { Operator: "and" } and:
                return Evaluate(and.Left, scope) is var a && JinjaOperators.IsTrue(a) ? Evaluate(and.Right, scope) : a;
            case BinaryExpression { Operator: "or" } or:
                return Evaluate(or.Left, scope) is var b && JinjaOperators.IsTrue(b) ? b : Evaluate(or.Right, scope);
            case BinaryExpression binary:
                return Binary(binary, scope);
            case CompareExpression compare:
                return Compare(compare, scope);
            case ConditionalExpression choice:
                return JinjaOperators.IsTrue(Evaluate(choice.Test, scope)) ? Evaluate(choice.Then, scope)
                    : choice.Otherwise is null ? new JinjaUndefined("inline if without else") : Evaluate(choice.Otherwise, scope);
            case AttributeExpression attribute:
                return JinjaMembers.Attribute(Text(attribute.Owner, scope), attribute.Name, attribute.Line);
            case ItemExpression item:
                return JinjaMembers.Item(Text(item.Owner, scope), Evaluate(item.Index, scope), item.Line);
            case SliceExpression slice:
                return Charged(JinjaMembers.Slice(Text(slice.Owner, scope), Optional(slice.Start, scope), Optional(slice.Stop, scope), Optional(slice.Step, scope), slice.Line), slice.Line);
            case CallExpression call:
                return Call(call, scope);
            case FilterExpression filter:
                return Charged(JinjaFilters.Run(Evaluate(filter.Value, scope), Arguments(filter.Filter, filter.Line, scope)), filter.Line);
            case TestExpression test:
                return JinjaTests.Run(Evaluate(test.Value, scope), Arguments(test.Test, test.Line, scope)) != test.Negated;
            default:
                throw new InvalidOperationException($"{expression.GetType().Name} has no meaning");
        }
    }

    /// <summary>Evaluated arguments of a filter, test or call.</summary>
    public JinjaArguments Arguments(JinjaCall call, int line, JinjaScope scope) => new(run, line, call.Name,
        [.. call.Positional.Select(argument => Evaluate(argument, scope))], call.Named.ToDictionary(pair => pair.Name, pair => Evaluate(pair.Value, scope)));

    private object? Optional(JinjaExpression? expression, JinjaScope scope) => expression is null ? null : Evaluate(expression, scope);

    private object? Binary(BinaryExpression binary, JinjaScope scope) =>
        Charged(JinjaOperators.Apply(binary.Operator, Evaluate(binary.Left, scope), Evaluate(binary.Right, scope), binary.Line), binary.Line);

    /// <summary>The owner of an item or method; a text is gone through for it.</summary>
    private object? Text(JinjaExpression owner, JinjaScope scope)
    {
        var value = Evaluate(owner, scope);
        if (value is string) run.Read(value, owner.Line);
        return value;
    }

    /// <summary>Large values cost steps, so that doubling a text over and over ends soon.</summary>
    private object? Charged(object? value, int line)
    {
        run.Step(line, value switch { string text => text.Length / 16, IReadOnlyList<object?> list => list.Count / 4, _ => 0 });
        return value;
    }

    private OrderedDictionary<string, object?> Dict(DictExpression node, JinjaScope scope)
    {
        var dict = new OrderedDictionary<string, object?>();
        foreach (var (key, value) in node.Items)
            dict[Evaluate(key, scope) as string ?? throw JinjaErrors.Unsupported(node.Line, "a dict key that is not a string")] = Evaluate(value, scope);
        return dict;
    }

    private static object? Unary(UnaryExpression node, object? value) => node.Operator switch
    {
        "not" => !JinjaOperators.IsTrue(value),
        "-" => JinjaOperators.Apply("-", 0L, value, node.Line),
        _ => JinjaOperators.IsNumber(value) ? value : throw JinjaErrors.Failed(node.Line, $"'+' does not work on {JinjaText.TypeOf(value)}"),
    };

    private bool Compare(CompareExpression node, JinjaScope scope)
    {
        var (left, comparison) = (Evaluate(node.First, scope), new JinjaComparison(run, node.Line));
        foreach (var (op, expression) in node.Rest)
        {
            var right = Evaluate(expression, scope);
            var holds = op switch
            {
                "==" => comparison.AreEqual(left, right),
                "!=" => !comparison.AreEqual(left, right),
                "in" => comparison.Contains(right, left),
                "not in" => !comparison.Contains(right, left),
                "<" => comparison.Compare(left, right) < 0,
                "<=" => comparison.Compare(left, right) <= 0,
                ">" => comparison.Compare(left, right) > 0,
                _ => comparison.Compare(left, right) >= 0,
            };
            if (!holds) return false;
            left = right;
        }

        return true;
    }

    private object? Call(CallExpression node, JinjaScope scope)
    {
        var target = Evaluate(node.Function, scope);
        if (target is JinjaFunction function) return Charged(function.Body(Arguments(node.Call with { Name = function.Name }, node.Line, scope)), node.Line);
        var name = node.Function is NameExpression named ? named.Name : node.Function is AttributeExpression attribute ? attribute.Name : "value";
        throw target is JinjaUndefined
            ? JinjaErrors.Unsupported(node.Line, $"function or method '{name}'")
            : JinjaErrors.Failed(node.Line, $"'{name}' is {JinjaText.TypeOf(target)}, which cannot be called");
    }

    private object Builtin(string name) => name switch
    {
        "namespace" => new JinjaFunction(name, Namespace),
        "dict" => new JinjaFunction(name, args => new OrderedDictionary<string, object?>(args.Named)),
        "range" => new JinjaFunction(name, Range),
        "raise_exception" => new JinjaFunction(name, args => throw JinjaErrors.Refused(args.Line, JinjaText.Str(args.Get(0, "message", "")))),
        "strftime_now" => new JinjaFunction(name, args => run.Clock.Format(args.Text(0, "format"), args.Line)),
        _ => new JinjaUndefined(name),
    };

    private static JinjaNamespace Namespace(JinjaArguments args)
    {
        var space = new JinjaNamespace();
        if (args.Get(0, "") is OrderedDictionary<string, object?> dict)
            foreach (var (key, value) in dict) space.Attributes[key] = value;
        foreach (var (key, value) in args.Named) space.Attributes[key] = value;
        return space;
    }

    private static List<object?> Range(JinjaArguments args)
    {
        var single = args.Positional.Count < 2;
        var (start, stop, step) = (single ? 0 : args.Whole(0, "start", 0), args.Whole(single ? 0 : 1, "stop", 0), args.Whole(2, "step", 1));
        if (step == 0) throw JinjaErrors.Failed(args.Line, "range's step is 0");
        var span = step > 0 ? (Int128)stop - start : (Int128)start - stop;
        var count = span <= 0 ? 0 : (span + Int128.Abs(step) - 1) / Int128.Abs(step);
        if (count > LargestRange) throw JinjaErrors.Limit(args.Line, $"range has more than {LargestRange} items");
        return [.. Enumerable.Range(0, (int)count).Select(i => (object?)(start + i * step))];
    }
}
