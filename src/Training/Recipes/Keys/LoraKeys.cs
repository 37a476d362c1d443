using static Temper.Training.Recipes.Keys.RecipeKey;

namespace Temper.Training.Recipes.Keys;

/// <summary>Settings of <c>lora</c>. Without the section every weight is trained.</summary>
internal static class LoraKeys
{
    public static readonly RecipeKey[] All =
    [
        Whole("lora.r", 1, 256, "16", "Rank", "lora_r", "lora_rank"),
        Number("lora.lora_alpha", "(0, inf)", "32", "Numerator of the scale"),
        Number("lora.lora_dropout", "[0, 1)", "0", "Share of inputs dropped before A"),
        Names("lora.target_modules", "all-linear", "Module names or endings of module paths; all-linear is every linear layer but the output head", "lora_target_modules"),
        Names("lora.exclude_modules", "null", "Modules that get no adapter; wins over target_modules"),
        Flag("lora.use_rslora", "Scale by √r instead of r (Kalajdzievski 2023)", "peft_use_rslora"),
        Flag("lora.use_dora", "Length and direction of every output row apart (DoRA, Liu et al. 2024)", "peft_use_dora"),
        Names("lora.modules_to_save", "null", "Modules that are trained and stored whole", "lora_modules_to_save", "additional_target"),
        new("lora.rank_pattern", KeyKind.Map, "{}", "Rank by module pattern, 1 to 256; the first match wins"),
        new("lora.alpha_pattern", KeyKind.Map, "{}", "Alpha by module pattern, above 0; the first match wins"),
        new("lora.layers_to_transform", KeyKind.Wholes, "null", "Numbers of the blocks that get an adapter") { Aliases = ["peft_layers_to_transform"] },
        Names("lora.layers_pattern", "null", "Names of the lists in which layers_to_transform counts", "peft_layers_pattern"),
        Text("lora.init_lora_weights", "true", "true: A uniform in ±1/√in; gaussian: A from N(0, 1/r). B is zero") with { Words = ["true", "gaussian"], Aliases = ["peft_init_lora_weights"] },
        Number("lora.loraplus_lr_ratio", "[1, inf)", "null", "Learning rate of B over that of A (LoRA+, Hayou et al. 2024)"),
    ];
}
