using System.Globalization;
using System.Text.RegularExpressions;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>Which modules an adapter changes, by PEFT's rules: a list entry is a module's whole path or its ending after a dot; a pattern
/// matches the whole path; exclusion wins; what is saved whole gets no low-rank part.</summary>
internal static class LoraTargets
{
    /// <summary>The one word that stands for every linear module but the output layer.</summary>
    public const string AllLinear = "all-linear";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>The modules that <paramref name="lora"/> targets, in model order.</summary>
    public static List<LinearModule> Find(AdaptedShape model, LoraConfig lora)
    {
        var modules = model.Modules;
        var problems = new List<Problem>();
        var targets = lora.TargetModules.Count > 0 || lora.TargetPattern is not null ? lora.TargetModules : model.Defaults;
        if (lora.TargetPattern is null && targets is not [AllLinear])
            foreach (var target in targets) CheckTarget(model, target, problems);
        if (problems.Count > 0) throw new TemperException(problems);
        var found = modules.Where(m => lora.TargetPattern is { } pattern ? Matches($"^(?:{pattern})$", m.Path) : targets is [AllLinear] || targets.Any(t => Names(t, m.Path)))
            .Where(m => !(lora.ExcludePattern is { } pattern ? Matches($"^(?:{pattern})$", m.Path) : lora.ExcludeModules.Any(t => Names(t, m.Path))))
            .Where(m => !lora.ModulesToSave.Any(t => Holds(t, m.Path)) && InLayers(lora, m.Path)).ToList();
        return found.Count > 0 ? found : throw new TemperException([Missing(modules, lora.TargetPattern ?? string.Join(", ", targets))]);
    }

    /// <summary>Ranks above what a module can use: a product of matrices has at most the rank of the smaller side. One problem for each name.</summary>
    public static IEnumerable<Problem> TooHigh(IEnumerable<LinearModule> targets, LoraConfig lora) =>
        from target in targets
        let rank = lora.RankOf(target.Path)
        where rank > Math.Min(target.In, target.Out)
        group (target, rank) by Leaf(target.Path) into same
        let first = same.First()
        select new Problem("out_of_range", string.Create(CultureInfo.InvariantCulture, $"Adding an adapter: the rank of '{same.Key}' is {first.rank}, but it takes {first.target.In} numbers and gives {first.target.Out}; at most {Math.Min(first.target.In, first.target.Out)} can be used."))
        {
            Path = "lora.r",
            Value = first.rank.ToString(CultureInfo.InvariantCulture),
            Hint = string.Create(CultureInfo.InvariantCulture, $"Lower r, or give this module a lower one: rank_pattern: {{{same.Key}: {Math.Min(first.target.In, first.target.Out)}}}."),
        };

    /// <summary>The weights that <paramref name="lora"/> keeps whole, in model order.</summary>
    public static List<WeightSlot> Saved(AdaptedShape model, LoraConfig lora)
    {
        var slots = model.Slots;
        var (saved, problems) = (new List<WeightSlot>(), new List<Problem>());
        foreach (var module in lora.ModulesToSave)
        {
            var matching = slots.Where(slot => Holds(module, slot.Name[..slot.Name.LastIndexOf('.')])).ToArray();
            var words = string.Join(", ", slots.Select(slot => Leaf(slot.Name[..slot.Name.LastIndexOf('.')])).Distinct());
            if (model.Tied && module.EndsWith("lm_head", StringComparison.Ordinal) | module.EndsWith("embed_tokens", StringComparison.Ordinal) | module.EndsWith("wte", StringComparison.Ordinal))
                problems.Add(new Problem("lora_on_tied_head", $"Adding an adapter: '{module}' shares its weights with the other end of the model.") { Value = module });
            else if (matching.Length == 0)
                problems.Add(new Problem("target_not_found", $"Adding an adapter: modules_to_save names '{module}'; there are {words}.") { Value = module });
            saved.AddRange(matching.Except(saved));
        }

        return problems.Count > 0 ? throw new TemperException(problems) : saved;
    }

    /// <summary>The value of the first pattern that matches a module's path, or a default.</summary>
    public static T Patterned<T>(IReadOnlyDictionary<string, T> patterns, string path, T absent)
    {
        foreach (var (pattern, value) in patterns)
            if (Matches($@"^(.*\.)?({pattern})$", path)) return value;
        return absent;
    }

    /// <summary>What is wrong with a pattern, or null.</summary>
    public static string? Fault(string pattern)
    {
        try
        {
            Regex.IsMatch("", pattern, RegexOptions.CultureInvariant, Patience);
            return null;
        }
        catch (ArgumentException e)
        {
            return e.Message;
        }
    }

    /// <summary>The last word of a module's path.</summary>
    public static string Leaf(string path) => path[(path.LastIndexOf('.') + 1)..];

    /// <summary>Whether a module is the one named, or stands inside of it.</summary>
    private static bool Holds(string target, string path) => Names(target, path) || path.StartsWith(target + ".", StringComparison.Ordinal) || path.Contains($".{target}.", StringComparison.Ordinal);

    private static bool Names(string target, string path) => path == target || path.EndsWith("." + target, StringComparison.Ordinal);

    /// <summary>The number after a name is the block's: PEFT's <c>.*\.{name}\.(\d+)\.</c>.</summary>
    private static bool InLayers(LoraConfig lora, string path)
    {
        if (lora.Layers.Count == 0) return true;
        var parts = path.Split('.');
        for (var i = 2; i < parts.Length - 1; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out var layer)) continue;
            if (lora.LayersPattern.Count == 0 || lora.LayersPattern.Contains(parts[i - 1])) return lora.Layers.Contains(layer);
        }

        return false;
    }

    private static void CheckTarget(AdaptedShape model, string target, List<Problem> problems)
    {
        if (model.Modules.Any(m => Names(target, m.Path))) return;
        if (target is "lm_head" or "embed_tokens" or "wte" or "wpe" or "word_embeddings" or "classifier")
        {
            problems.Add(model.Tied
                ? new Problem("lora_on_tied_head", $"Adding an adapter: '{target}' shares its weights with the other end of the model.")
                : new Problem("adapter_unsupported", $"Adding an adapter: '{target}' cannot be adapted; name it in modules_to_save to train it whole."));
        }
        else problems.Add(Missing(model.Modules, target));
    }

    private static Problem Missing(IReadOnlyList<LinearModule> modules, string target)
    {
        var names = string.Join(", ", modules.Select(m => Leaf(m.Path)).Distinct());
        return new Problem("target_not_found", $"Adding an adapter: no module is named '{target}'; there are {names}.") { Value = target };
    }

    /// <summary>In linear time where the pattern allows it, otherwise (lookarounds) with a limit.</summary>
    private static bool Matches(string pattern, string path)
    {
        try
        {
            try
            {
                return Regex.IsMatch(path, pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            }
            catch (NotSupportedException)
            {
                return Regex.IsMatch(path, pattern, RegexOptions.CultureInvariant, Patience);
            }
        }
        catch (Exception e) when (e is ArgumentException or RegexMatchTimeoutException)
        {
            throw new TemperException("adapter_invalid", $"Reading an adapter's patterns: {e.Message}", inner: e);
        }
    }
}
