using System.Globalization;

namespace Temper.Ingest;

/// <summary>Reads <c>split</c>: a name or shares.</summary>
internal sealed class SplitReader(ConfigSection section)
{
    /// <summary>Problems are collected.</summary>
    public SplitConfig Read()
    {
        if (section.Text("split") is { } name)
            return Named(name);
        if (section.Section("split") is not { } split)
            return new();
        var (train, eval) = (split.Number("train"), split.Number("eval"));
        if (train + eval is { } sum && Math.Abs(sum - 1) > 1e-9)
            split.Add("CFG_BAD_VALUE", "eval", string.Create(CultureInfo.InvariantCulture, $"train and eval add up to {sum}, not to 1."), "Write one of them; the other is the rest.");
        if (train is null && eval is null)
            split.Add("CFG_MISSING_KEY", "eval", "'split' names no share.", "Write eval: 0.1, or remove split.");
        var by = split.Text("by");
        return new()
        {
            Eval = eval ?? 1 - (train ?? 1),
            GroupBy = by is not null && by.StartsWith("group:", StringComparison.Ordinal) ? by["group:".Length..] : null,
            Seed = split.Whole("seed") ?? 0,
        };
    }

    private SplitConfig Named(string name)
    {
        if (section.Text("type") is "huggingface")
            return new();
        if (name is not ("train" or "eval"))
            section.Add("CFG_BAD_VALUE", "split", $"'split' must be train or eval, or shares; found '{name}'.", Nearest.Hint(name, ["train", "eval"]));
        return new() { Name = name == "eval" ? "eval" : "train" };
    }
}
