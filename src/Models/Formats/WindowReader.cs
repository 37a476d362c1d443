namespace Temper.Models;

/// <summary>Sliding windows of config.json: which blocks have one, from <c>layer_types</c> or by the family's rule.</summary>
internal static class WindowReader
{
    private const int SilentWindow = 4096, SilentWindowLayers = 28;

    public static ModelConfig Read(JsonFields fields, DecoderFamily family, ModelConfig config)
    {
        var types = Types(fields, family, config);
        if (family.Window == WindowRule.None) return config;
        var window = fields.Int("sliding_window", 1) ?? (fields.Has("sliding_window") ? 0 : SilentWindow);
        if (family.Window == WindowRule.FromLayer && fields.Bool("use_sliding_window") != true) window = 0;
        if (types is not null && types.Contains(true) && window == 0) fields.Report("layer_types", "asks for sliding_attention, but no sliding window is set");
        if (window == 0) return config;
        var first = family.Window == WindowRule.FromLayer ? fields.Int("max_window_layers") ?? SilentWindowLayers : 0;
        bool[] sliding = types ?? [.. Enumerable.Range(0, config.Layers).Select(layer => family.Window == WindowRule.Even ? layer % 2 == 0 : layer >= first)];
        return config with { SlidingWindow = sliding.Contains(true) ? window : 0, SlidingLayers = sliding.Contains(true) && sliding.Contains(false) ? sliding : [] };
    }

    /// <summary>Per block whether it slides; null when config.json does not list them.</summary>
    private static bool[]? Types(JsonFields fields, DecoderFamily family, ModelConfig config)
    {
        if (fields.Texts("layer_types") is not { } types) return null;
        var known = family.Window == WindowRule.None ? ["full_attention"] : new[] { "full_attention", "sliding_attention" };
        if (types.FirstOrDefault(t => !known.Contains(t)) is { } other)
            fields.Report("layer_types", $"holds '{other}'; supported: {string.Join(", ", known)}", "unsupported_architecture");
        else if (types.Count != config.Layers) fields.Report("layer_types", $"lists {types.Count} layers, num_hidden_layers is {config.Layers}");
        else return [.. types.Select(t => t == "sliding_attention")];
        return null;
    }
}
