using System.CommandLine;
using Temper.Core.Errors;
using Temper.Training.Sampling;

namespace Temper.Cli.Verbs.Data;

/// <summary>What a command line may say of a mix instead of its file.</summary>
internal sealed class MixOptions
{
    private readonly Option<int?> _batch = new("--batch") { Description = "Items of an optimizer step [default: the file's, or 4]", HelpName = "N" };
    private readonly Option<int?> _seed = new("--seed") { Description = "Seed [default: the recipe's, or 42]", HelpName = "N" };
    private readonly Option<string?> _sampling = new("--sampling") { Description = "auto_weighting, uniform, round_robin, sequential or temperature", HelpName = "WORD" };
    private readonly Option<string?> _stopOn = new("--stop-on") { Description = "all_exhausted, first_exhausted or max_steps", HelpName = "WORD" };
    private readonly Option<string?> _remainder = new("--remainder") { Description = "short, drop, carry or pad_from_same_bucket", HelpName = "WORD" };

    /// <summary>Adds the options to a verb.</summary>
    public MixOptions(Command command)
    {
        foreach (var option in (Option[])[_batch, _seed, _sampling, _stopOn, _remainder])
            command.Options.Add(option);
    }

    /// <exception cref="TemperException"><c>usage</c>.</exception>
    public Mix Apply(ParseResult parsed, Mix mix) => mix with
    {
        Batch = parsed.GetValue(_batch) ?? mix.Batch,
        Seed = (ulong?)parsed.GetValue(_seed) ?? mix.Seed,
        Strategy = Word<MixStrategy>(parsed, _sampling) ?? mix.Strategy,
        StopOn = Word<StopOn>(parsed, _stopOn) ?? mix.StopOn,
        Remainder = Word<Remainder>(parsed, _remainder) ?? mix.Remainder,
    };

    private static T? Word<T>(ParseResult parsed, Option<string?> option) where T : struct, Enum
    {
        if (parsed.GetValue(option) is not { } text)
            return null;
        var words = Enum.GetValues<T>().ToDictionary(v => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(v.ToString()));
        return words.TryGetValue(text.Replace('-', '_'), out var value) ? value
            : throw new TemperException("usage", $"{option.Name} takes one of {string.Join(", ", words.Keys)}, not '{text}'.");
    }
}
