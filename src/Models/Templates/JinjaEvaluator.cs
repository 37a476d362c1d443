namespace Temper.Models;

/// <summary>Runs statements.</summary>
internal sealed class JinjaEvaluator
{
    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    private readonly JinjaRun run;
    private readonly JinjaExpressions expressions;

    public JinjaEvaluator(JinjaRun run) => (this.run, expressions) = (run, new JinjaExpressions(run));

    /// <summary>Runs a whole template.</summary>
    public void Run(IReadOnlyList<JinjaNode> template, JinjaScope scope) => Body(template, scope);

    private Flow Body(IReadOnlyList<JinjaNode> nodes, JinjaScope scope)
    {
        foreach (var node in nodes)
        {
            run.Enter(node.Line);
            var flow = Node(node, scope);
            run.Leave();
            if (flow != Flow.Next) return flow;
        }

        return Flow.Next;
    }

    private Flow Node(JinjaNode node, JinjaScope scope)
    {
        switch (node)
        {
            case TextNode text:
                run.Write(text.Text, text.Line);
                break;
            case OutputNode output:
                run.Write(JinjaText.Str(expressions.Evaluate(output.Value, scope)), output.Line);
                break;
            case IfNode choice:
                return If(choice, scope);
            case ForNode loop:
                For(loop, scope);
                break;
            case SetNode set:
                Set(set, scope);
                break;
            case SetBlockNode block:
                Assign(block.Target, block.Attribute, Filtered(block.Filters, Captured(block.Body, scope, block.Line), scope), scope, block.Line);
                break;
            case FilterBlockNode block:
                run.Write(JinjaText.Str(Filtered(block.Filters, Captured(block.Body, scope, block.Line), scope)), block.Line);
                break;
            case MacroNode macro:
                scope.Set(macro.Name, new JinjaFunction(macro.Name, args => Call(macro, args, scope)));
                break;
            case GenerationNode generation:
                run.Generation(() => Body(generation.Body, scope));
                break;
            case LoopControlNode control:
                return control.Break ? Flow.Break : Flow.Continue;
        }

        return Flow.Next;
    }

    private Flow If(IfNode node, JinjaScope scope)
    {
        foreach (var (test, body) in node.Branches)
            if (test is null || JinjaOperators.IsTrue(expressions.Evaluate(test, scope))) return Body(body, scope);
        return Flow.Next;
    }

    private void For(ForNode node, JinjaScope scope)
    {
        var items = JinjaMembers.Iterate(expressions.Evaluate(node.Source, scope), node.Line);
        if (node.Filter is not null) items = [.. items.Where(item => Keeps(node, item, scope))];
        if (items.Count == 0)
        {
            Body(node.Otherwise, scope);
            return;
        }

        for (var i = 0; i < items.Count; i++)
        {
            run.Step(node.Line);
            var inner = new JinjaScope(scope);
            inner.Set("loop", Loop(items, i));
            Unpack(node.Targets, items[i], inner, node.Line);
            if (Body(node.Body, inner) == Flow.Break) break;
        }
    }

    private bool Keeps(ForNode node, object? item, JinjaScope scope)
    {
        run.Step(node.Line);
        var inner = new JinjaScope(scope);
        Unpack(node.Targets, item, inner, node.Line);
        return JinjaOperators.IsTrue(expressions.Evaluate(node.Filter!, inner));
    }

    private static OrderedDictionary<string, object?> Loop(IReadOnlyList<object?> items, int i) => new()
    {
        ["index"] = i + 1L,
        ["index0"] = (long)i,
        ["revindex"] = (long)(items.Count - i),
        ["revindex0"] = (long)(items.Count - i - 1),
        ["first"] = i == 0,
        ["last"] = i == items.Count - 1,
        ["length"] = (long)items.Count,
        ["depth"] = 1L,
        ["depth0"] = 0L,
        ["previtem"] = i > 0 ? items[i - 1] : new JinjaUndefined("loop.previtem"),
        ["nextitem"] = i + 1 < items.Count ? items[i + 1] : new JinjaUndefined("loop.nextitem"),
        ["cycle"] = new JinjaFunction("cycle", args => args.Positional.Count > 0 ? args.Positional[i % args.Positional.Count] : new JinjaUndefined("cycle")),
    };

    private void Set(SetNode node, JinjaScope scope)
    {
        var value = expressions.Evaluate(node.Value, scope);
        if (node.Targets.Count == 1) Assign(node.Targets[0], node.Attribute, value, scope, node.Line);
        else Unpack(node.Targets, value, scope, node.Line);
    }

    private static void Assign(string target, string? attribute, object? value, JinjaScope scope, int line)
    {
        if (attribute is null) scope.Set(target, value);
        else if (scope.TryGet(target, out var owner) && owner is JinjaNamespace space) space.Attributes[attribute] = value;
        else throw JinjaErrors.Failed(line, $"only a namespace's attributes can be set; '{target}' is {JinjaText.TypeOf(owner)}");
    }

    private static void Unpack(IReadOnlyList<string> targets, object? value, JinjaScope scope, int line)
    {
        if (targets.Count == 1)
        {
            scope.Set(targets[0], value);
            return;
        }

        var parts = JinjaMembers.Iterate(value, line);
        if (parts.Count != targets.Count) throw JinjaErrors.Failed(line, $"{parts.Count} values do not fit {targets.Count} names");
        for (var i = 0; i < parts.Count; i++) scope.Set(targets[i], parts[i]);
    }

    private string Captured(IReadOnlyList<JinjaNode> body, JinjaScope scope, int line) => run.Capture(() => Body(body, new JinjaScope(scope)), line);

    private object? Filtered(IReadOnlyList<JinjaCall> filters, object? value, JinjaScope scope)
    {
        foreach (var filter in filters) value = JinjaFilters.Run(value, expressions.Arguments(filter, 0, scope));
        return value;
    }

    private string Call(MacroNode macro, JinjaArguments args, JinjaScope definition)
    {
        var scope = new JinjaScope(definition);
        for (var i = 0; i < macro.Parameters.Count; i++)
        {
            var (name, absent) = macro.Parameters[i];
            if (i < args.Positional.Count) scope.Set(name, args.Positional[i]);
            else if (args.Named.TryGetValue(name, out var value)) scope.Set(name, value);
            else scope.Set(name, absent is null ? new JinjaUndefined(name) : expressions.Evaluate(absent, scope));
        }

        if (args.Positional.Count > macro.Parameters.Count) throw JinjaErrors.Failed(args.Line, $"macro {macro.Name} takes {macro.Parameters.Count} arguments");
        return run.Capture(() => Body(macro.Body, scope), args.Line);
    }
}
