namespace Temper.Hosts.Tests.Versioning;

/// <summary>One step of a sequence: something done to the files of both work trees, or one command given to both programs.</summary>
/// <param name="Words">For files: <c>write PATH TEXT</c>, <c>delete PATH</c>, <c>mode PATH</c>, <c>folder PATH</c>; else the arguments of the command.</param>
/// <param name="IsCommand">Whether it is a command.</param>
internal sealed record PairStep(bool IsCommand, params string[] Words)
{
    public static PairStep File(params string[] words) => new(false, words);

    public static PairStep Command(params string[] words) => new(true, words);

    public override string ToString() => (IsCommand ? "$ " : "# ") + string.Join(' ', Words.Select(w => w.Length > 0 && w.All(c => !char.IsWhiteSpace(c)) ? w : $"'{w.Replace("\n", "\\n", StringComparison.Ordinal)}'"));
}
