namespace Temper.Models;

/// <summary>The rotary settings of config.json: <c>rope_theta</c> with <c>rope_scaling</c>, or <c>rope_parameters</c>.</summary>
internal static class RotaryReader
{
    private const string Supported = "default, linear, dynamic, yarn, llama3";

    public static (double Theta, RotaryScaling Scaling) Read(JsonFields fields, ModelConfig config)
    {
        var theta = fields.Number("rope_theta", double.Epsilon);
        var scaling = new RotaryScaling();
        foreach (var name in new[] { "rope_scaling", "rope_parameters" })
        {
            if (fields.Object(name) is not { } rope) continue;
            theta ??= rope.Number("rope_theta", double.Epsilon);
            var read = ReadScaling(fields, name, rope, config);
            if (scaling.Kind != RotaryKind.Default && read != scaling) fields.Report(name, "contradicts rope_scaling");
            scaling = read;
        }

        return (theta ?? 10000, scaling);
    }

    private static RotaryScaling ReadScaling(JsonFields fields, string name, JsonFields rope, ModelConfig config)
    {
        if (rope.Find("full_attention") is not null || rope.Find("sliding_attention") is not null)
        {
            fields.Report(name, "has settings by kind of layer, which are not supported", "rope_unsupported");
            return new RotaryScaling();
        }

        if (rope.Number("partial_rotary_factor") is { } share and not 1) fields.Report(name, $"asks for a share of {share} of each head; supported: 1", "rope_unsupported");
        var type = rope.Text("rope_type") ?? rope.Text("type") ?? "default";
        switch (type)
        {
            case "default":
                return new RotaryScaling();
            case "linear":
                return new RotaryScaling { Kind = RotaryKind.Linear, Factor = Factor(fields, name, rope, null) };
            case "dynamic":
                if (config.HeadSize <= 2) fields.Report(name, "is dynamic, which needs heads of more than 2 numbers");
                return new RotaryScaling { Kind = RotaryKind.Dynamic, Factor = Factor(fields, name, rope, null), OriginalPositions = Original(rope) };
            case "yarn":
                return ReadYarn(fields, name, rope, config);
            case "llama3":
                return ReadLlama3(fields, name, rope);
            default:
                fields.Report(name, $"asks for rotary type '{type}'; supported: {Supported}", "rope_unsupported");
                return new RotaryScaling();
        }
    }

    private static RotaryScaling ReadYarn(JsonFields fields, string name, JsonFields rope, ModelConfig config)
    {
        var original = Original(rope);
        var factor = Factor(fields, name, rope, original is { } context ? (double)config.MaxPositions / context : null);
        var scaling = new RotaryScaling
        {
            Kind = RotaryKind.Yarn,
            Factor = factor,
            OriginalPositions = original,
            BetaFast = rope.Number("beta_fast", double.Epsilon) ?? 32,
            BetaSlow = rope.Number("beta_slow", double.Epsilon) ?? 1,
            AttentionFactor = rope.Number("attention_factor", double.Epsilon) ?? Magnitudes(rope, factor),
            Truncate = rope.Bool("truncate") ?? true,
        };
        if (scaling.BetaFast < scaling.BetaSlow) fields.Report(name, $"has beta_fast {scaling.BetaFast} below beta_slow {scaling.BetaSlow}");
        return scaling;
    }

    /// <summary>DeepSeek's two magnitudes, of which the factor is the ratio.</summary>
    private static double? Magnitudes(JsonFields rope, double factor)
    {
        double Of(double m) => factor <= 1 ? 1 : 0.1 * m * Math.Log(factor) + 1;
        return rope.Number("mscale", 0) is { } one and not 0 && rope.Number("mscale_all_dim", 0) is { } all and not 0 ? Of(one) / Of(all) : null;
    }

    private static RotaryScaling ReadLlama3(JsonFields fields, string name, JsonFields rope)
    {
        foreach (var key in new[] { "low_freq_factor", "high_freq_factor", "original_max_position_embeddings" })
            if (rope.Find(key) is null) fields.Report(name, $"is of type llama3 and lacks {key}");
        var scaling = new RotaryScaling
        {
            Kind = RotaryKind.Llama3,
            Factor = Factor(fields, name, rope, null),
            LowFrequencyFactor = rope.Number("low_freq_factor", double.Epsilon) ?? 1,
            HighFrequencyFactor = rope.Number("high_freq_factor", double.Epsilon) ?? 4,
            OriginalPositions = Original(rope),
        };
        if (scaling.LowFrequencyFactor >= scaling.HighFrequencyFactor)
            fields.Report(name, $"has low_freq_factor {scaling.LowFrequencyFactor}, which must be below high_freq_factor {scaling.HighFrequencyFactor}");
        return scaling;
    }

    private static int? Original(JsonFields rope) => rope.Int("original_max_position_embeddings", 1, 1 << 24);

    private static double Factor(JsonFields fields, string name, JsonFields rope, double? silent)
    {
        var factor = rope.Find("factor") is null ? silent : rope.Number("factor");
        if (factor is >= 1) return factor.Value;
        if (factor is not null) fields.Report(name, $"has the factor {factor}, expected 1 or more");
        else if (rope.Find("factor") is null) fields.Report(name, "has no factor");
        return 1;
    }
}
