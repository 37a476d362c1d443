using System.Text.RegularExpressions;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>Which modules an adapter changes, by PEFT's rules: a list entry is a module's whole path or its ending after a dot; a pattern
/// matches the whole path; exclusion wins.</summary>
internal static class LoraTargets
{
    /// <summary>The one word that stands for every linear module but the output layer.</summary>
    public const string AllLinear = "all-linear";

    private static readonly string[] FamilyDefault = ["q_proj", "v_proj"];

    /// <summary>The modules that <paramref name="lora"/> targets, in model order.</summary>
    public static List<(string Path, long Out, long In)> Find(ModelConfig config, LoraConfig lora)
    {
        var modules = DecoderLayout.LinearModules(config).ToArray();
        var problems = new List<Problem>();
        var targets = lora.TargetModules.Count > 0 || lora.TargetPattern is not null ? lora.TargetModules : FamilyDefault;
        if (lora.TargetPattern is null && targets is not [AllLinear])
            foreach (var target in targets) CheckTarget(config, modules, target, problems);
        if (problems.Count > 0) throw new TemperException(problems);
        var pattern = lora.TargetPattern is null ? null : Compile($"^(?:{lora.TargetPattern})$");
        var found = modules.Where(m => pattern?.IsMatch(m.Path) ?? (targets is [AllLinear] || targets.Any(t => Names(t, m.Path))))
            .Where(m => !lora.ExcludeModules.Any(t => Names(t, m.Path))).ToList();
        return found.Count > 0 ? found : throw new TemperException([Missing(modules, lora.TargetPattern ?? string.Join(", ", targets))]);
    }

    /// <summary>The value of the first pattern that matches a module's path, or a default.</summary>
    public static T Patterned<T>(IReadOnlyDictionary<string, T> patterns, string path, T absent)
    {
        foreach (var (pattern, value) in patterns)
            if (Compile($@"^(.*\.)?({pattern})$").IsMatch(path)) return value;
        return absent;
    }

    /// <summary>The last word of a module's path.</summary>
    public static string Leaf(string path) => path[(path.LastIndexOf('.') + 1)..];

    private static bool Names(string target, string path) => path == target || path.EndsWith("." + target, StringComparison.Ordinal);

    private static void CheckTarget(ModelConfig config, (string Path, long Out, long In)[] modules, string target, List<Problem> problems)
    {
        if (modules.Any(m => Names(target, m.Path))) return;
        if (target is "lm_head" or "embed_tokens")
        {
            problems.Add(config.TieWordEmbeddings
                ? new Problem("lora_on_tied_head", $"Adding an adapter: '{target}' shares its weights with the other end of the model.")
                : new Problem("adapter_unsupported", $"Adding an adapter: '{target}' cannot be adapted."));
        }
        else problems.Add(Missing(modules, target));
    }

    private static Problem Missing((string Path, long Out, long In)[] modules, string target)
    {
        var names = string.Join(", ", modules.Select(m => Leaf(m.Path)).Distinct());
        return new Problem("target_not_found", $"Adding an adapter: no module is named '{target}'; there are {names}.") { Value = target };
    }

    private static Regex Compile(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new TemperException("adapter_unsupported", $"Reading an adapter's patterns: {e.Message}", inner: e);
        }
    }
}
