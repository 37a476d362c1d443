using System.Globalization;

namespace Temper.Ingest;

/// <summary>What a key's value may be. The check of configurations and the published JSON Schema are both made of these.</summary>
internal abstract record KeyShape
{
    /// <summary>What is expected, for messages.</summary>
    public abstract string Expected { get; }

    /// <summary>Text; where <paramref name="Pattern"/> is not empty, text that matches it whole.</summary>
    internal sealed record Text(string Pattern = "", string Means = "") : KeyShape
    {
        public override string Expected => "text";
    }

    internal sealed record Flag : KeyShape
    {
        public override string Expected => "true or false (without quotes)";
    }

    internal sealed record Whole(long Least, long Most) : KeyShape
    {
        public override string Expected => "a whole number (without quotes)";
    }

    internal sealed record Number(double Least, double Most) : KeyShape
    {
        public override string Expected => "a number (without quotes)";

        public string Range => Most == double.MaxValue
            ? string.Create(CultureInfo.InvariantCulture, $"{Least} or more") : string.Create(CultureInfo.InvariantCulture, $"{Least} to {Most}");
    }

    /// <summary>One of a list of words.</summary>
    internal sealed record Words(params string[] Allowed) : KeyShape
    {
        public override string Expected => "text";

        public bool Equals(Words? other) => other is not null && Allowed.SequenceEqual(other.Allowed);

        public override int GetHashCode() => Allowed.Length;
    }

    /// <summary>A mapping whose keys stand in the table, below this one's path.</summary>
    internal sealed record Section : KeyShape
    {
        public override string Expected => "a mapping";
    }

    /// <summary>A mapping of any names to one shape; a shape of sections stands in the table under <c>path.*</c>.</summary>
    internal sealed record Names(KeyShape Value) : KeyShape
    {
        public override string Expected => "a mapping";
    }

    internal sealed record List(KeyShape Item, int Least = 0) : KeyShape
    {
        public override string Expected => "a list";
    }

    internal sealed record Either(KeyShape First, KeyShape Second) : KeyShape
    {
        public override string Expected => $"{First.Expected} or {Second.Expected}";
    }

    /// <summary>A secret by its name alone: <c>{secretRef: NAME}</c>.</summary>
    internal sealed record Secret : KeyShape
    {
        public override string Expected => "{secretRef: NAME}";
    }

    /// <summary>Any value: what reads it judges it.</summary>
    internal sealed record Any : KeyShape
    {
        public override string Expected => "a value";
    }
}
