using Temper.Tensors;

namespace Temper.Bench;

/// <summary>A command line taken apart: words, options with a value, switches. An option that the work does not take is refused, never ignored.</summary>
internal sealed class Arguments
{
    private static readonly string[] Valued = ["--dtype", "--threads", "--steps", "--pairs", "--vectors", "--matrix", "--save-weights", "--python", "--tokenizer", "--vs-tokenizer", "--modules", "--size", "--only", "--minhash", "--files", "--folder", "--config", "--temper", "--repeat", "--ranks"];
    private static readonly string[] Switches = ["--vs-torch", "--vs-llama", "--vs-lora", "--profile"];
    private static readonly string[] OfPairs = ["--vs-torch", "--vs-llama", "--vs-lora", "--vs-tokenizer", "--pairs", "--python", "--modules"];
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);

    private Arguments(string[] words) => Words = words;

    /// <summary>What is measured: everything that is no option.</summary>
    public string[] Words { get; }

    /// <summary>Threads that compute, this one included.</summary>
    public int Threads => Number("--threads", 2);

    /// <summary>Type of the weights that was asked for: fp32, bf16, int8, nf4; null: the work's own.</summary>
    public string? DType => values.GetValueOrDefault("--dtype");

    /// <summary>How often the work is measured, after a warm-up.</summary>
    public int Steps => Number("--steps", 5);

    /// <summary>How weights in bf16 are multiplied; refused where the processor has no bf16 products.</summary>
    public MatrixPath Matrix(MatrixPath absent)
    {
        var path = Text("--matrix") switch
        {
            null => absent,
            "exact" => MatrixPath.Exact,
            "bf16" => MatrixPath.Bf16,
            var other => throw new UsageException($"--matrix {other}: there are exact and bf16."),
        };
        if (path == MatrixPath.Exact) return path;
        if (DType != "bf16") throw new UsageException("--matrix bf16 multiplies weights in bf16; add --dtype bf16.");
        return CpuEngine.Bf16Support is { NumericsId: not CpuEngine.NumericsId } ? path
            : throw new UsageException($"bf16 products are not to be had here: {CpuEngine.Bf16Support.Missing}.");
    }

    public bool Has(string name) => values.ContainsKey(name);

    public string? Text(string name) => values.GetValueOrDefault(name);

    public static Arguments Parse(string[] args)
    {
        var (words, values) = (new List<string>(), new Dictionary<string, string>(StringComparer.Ordinal));
        for (var i = 0; i < args.Length; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal)) words.Add(args[i]);
            else if (Switches.Contains(args[i])) values[args[i]] = "";
            else if (!Valued.Contains(args[i])) throw new UsageException($"there is no option {args[i]}; there are {string.Join(", ", Valued.Concat(Switches))}.");
            else if (i + 1 == args.Length) throw new UsageException($"{args[i]} needs a value.");
            else values[args[i]] = args[++i];
        }

        var parsed = new Arguments([.. words]);
        foreach (var (name, value) in values) parsed.values[name] = value;
        if (parsed.DType is not (null or "fp32" or "bf16" or "int8" or "nf4")) throw new UsageException($"--dtype {parsed.DType}: there are fp32, bf16, int8, nf4.");
        return parsed;
    }

    /// <summary>A whole number from 1 up.</summary>
    public int Number(string name, int absent)
    {
        if (!values.TryGetValue(name, out var text)) return absent;
        return int.TryParse(text, out var number) && number > 0 ? number : throw new UsageException($"{name} {text}: a whole number from 1 up is needed.");
    }

    /// <summary>Refuses options that mean nothing to this work.</summary>
    public void Allow(params ReadOnlySpan<string> names)
    {
        foreach (var name in values.Keys)
            if (name != "--threads" && !names.Contains(name)) throw new UsageException($"{name} means nothing to '{string.Join(' ', Words)}'.");
    }

    /// <summary>The same command line for one run of a pair: without what makes pairs.</summary>
    public string[] Alone() => [.. Words, .. values.Where(pair => !OfPairs.Contains(pair.Key)).SelectMany(pair => pair.Value.Length == 0 ? new[] { pair.Key } : [pair.Key, pair.Value])];
}
