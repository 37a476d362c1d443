namespace Temper.Models;

/// <summary>A part of a parsed template.</summary>
internal abstract record JinjaNode(int Line);

internal sealed record TextNode(int Line, string Text) : JinjaNode(Line);

internal sealed record OutputNode(int Line, JinjaExpression Value) : JinjaNode(Line);

internal sealed record IfNode(int Line, IReadOnlyList<(JinjaExpression? Test, IReadOnlyList<JinjaNode> Body)> Branches) : JinjaNode(Line);

internal sealed record ForNode(int Line, IReadOnlyList<string> Targets, JinjaExpression Source, JinjaExpression? Filter, IReadOnlyList<JinjaNode> Body, IReadOnlyList<JinjaNode> Otherwise) : JinjaNode(Line);

internal sealed record SetNode(int Line, IReadOnlyList<string> Targets, string? Attribute, JinjaExpression Value) : JinjaNode(Line);

internal sealed record SetBlockNode(int Line, string Target, string? Attribute, IReadOnlyList<JinjaNode> Body, IReadOnlyList<JinjaCall> Filters) : JinjaNode(Line);

internal sealed record FilterBlockNode(int Line, IReadOnlyList<JinjaCall> Filters, IReadOnlyList<JinjaNode> Body) : JinjaNode(Line);

internal sealed record MacroNode(int Line, string Name, IReadOnlyList<(string Name, JinjaExpression? Default)> Parameters, IReadOnlyList<JinjaNode> Body) : JinjaNode(Line);

internal sealed record GenerationNode(int Line, IReadOnlyList<JinjaNode> Body) : JinjaNode(Line);

internal sealed record LoopControlNode(int Line, bool Break) : JinjaNode(Line);

/// <summary>An expression of a parsed template.</summary>
internal abstract record JinjaExpression(int Line);

internal sealed record LiteralExpression(int Line, object? Value) : JinjaExpression(Line);

internal sealed record NameExpression(int Line, string Name) : JinjaExpression(Line);

internal sealed record ListExpression(int Line, IReadOnlyList<JinjaExpression> Items, bool Tuple) : JinjaExpression(Line);

internal sealed record DictExpression(int Line, IReadOnlyList<(JinjaExpression Key, JinjaExpression Value)> Items) : JinjaExpression(Line);

internal sealed record UnaryExpression(int Line, string Operator, JinjaExpression Value) : JinjaExpression(Line);

internal sealed record BinaryExpression(int Line, string Operator, JinjaExpression Left, JinjaExpression Right) : JinjaExpression(Line);

internal sealed record CompareExpression(int Line, JinjaExpression First, IReadOnlyList<(string Operator, JinjaExpression Right)> Rest) : JinjaExpression(Line);

internal sealed record ConditionalExpression(int Line, JinjaExpression Test, JinjaExpression Then, JinjaExpression? Otherwise) : JinjaExpression(Line);

internal sealed record AttributeExpression(int Line, JinjaExpression Owner, string Name) : JinjaExpression(Line);

internal sealed record ItemExpression(int Line, JinjaExpression Owner, JinjaExpression Index) : JinjaExpression(Line);

internal sealed record SliceExpression(int Line, JinjaExpression Owner, JinjaExpression? Start, JinjaExpression? Stop, JinjaExpression? Step) : JinjaExpression(Line);

internal sealed record CallExpression(int Line, JinjaExpression Function, JinjaCall Call) : JinjaExpression(Line);

internal sealed record FilterExpression(int Line, JinjaExpression Value, JinjaCall Filter) : JinjaExpression(Line);

internal sealed record TestExpression(int Line, JinjaExpression Value, JinjaCall Test, bool Negated) : JinjaExpression(Line);

/// <summary>A filter, test or call: its name (empty for a call) and arguments.</summary>
internal sealed record JinjaCall(string Name, IReadOnlyList<JinjaExpression> Positional, IReadOnlyList<(string Name, JinjaExpression Value)> Named);
