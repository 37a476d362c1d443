using System.Globalization;

namespace Temper.Training.Recipes;

/// <summary>Numbers from one bound to another, each bound in or out.</summary>
internal readonly record struct NumberRange(double Low, bool LowIn, double High, bool HighIn)
{
    public bool Holds(double x) => (x > Low || (LowIn && x == Low)) && (x < High || (HighIn && x == High));

    public override string ToString() => double.IsPositiveInfinity(High)
        ? FormattableString.Invariant($"{(LowIn ? "at least" : "above")} {Low}")
        : FormattableString.Invariant($"in {(LowIn ? '[' : '(')}{Low}, {High}{(HighIn ? ']' : ')')}");

    /// <summary>From the spelling of mathematics: <c>(0, 1]</c>, <c>[0, inf)</c>.</summary>
    public static NumberRange Parse(string text)
    {
        var parts = text[1..^1].Split(',', StringSplitOptions.TrimEntries);
        return new(double.Parse(parts[0], CultureInfo.InvariantCulture), text[0] == '[', parts[1] == "inf" ? double.PositiveInfinity : double.Parse(parts[1], CultureInfo.InvariantCulture), text[^1] == ']');
    }
}
