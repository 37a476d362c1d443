using Temper.Tensors;

namespace Temper.Models;

/// <summary>A linear module of a model: its path without <c>.weight</c>, and the numbers it takes and gives.</summary>
internal sealed record LinearModule(string Path, long Out, long In);

/// <summary>What a low-rank adapter is told of a model before any weight is there.</summary>
/// <param name="Modules">Linear modules that may get a low-rank part, in model order.</param>
/// <param name="Slots">Every weight, in order.</param>
/// <param name="Defaults">Names of the modules that get one where the settings name none.</param>
/// <param name="Tied">Whether input embedding and output layer are one matrix.</param>
/// <param name="Transposed">Whether files hold the modules [in, out].</param>
internal sealed record AdaptedShape(IReadOnlyList<LinearModule> Modules, IReadOnlyList<WeightSlot> Slots, IReadOnlyList<string> Defaults, bool Tied, bool Transposed)
{
    /// <summary>Of a decoder.</summary>
    public static AdaptedShape Of(ModelConfig config) => new([.. DecoderLayout.LinearModules(config).Select(m => new LinearModule(m.Path, m.Out, m.In))], [.. DecoderLayout.Slots(config)],
        config.Family.AdapterTargets, config.TieWordEmbeddings, config.Family.Transposed);

    /// <summary>Of an encoder: query and value unless others are named, as PEFT does for BERT.</summary>
    public static AdaptedShape Of(EncoderConfig config, bool pooler) => new([.. EncoderLayout.LinearModules(config, pooler)], [.. EncoderLayout.Slots(config, pooler)],
        ["query", "value"], Tied: false, Transposed: false);
}

/// <summary>A loaded model that an adapter is for: a decoder or an encoder.</summary>
/// <param name="Engine">Where it computes.</param>
/// <param name="Shape">Its modules.</param>
/// <param name="Weights">Every weight.</param>
/// <param name="Find">A weight by its name, or null.</param>
internal sealed record AdaptedModel(IEngine Engine, AdaptedShape Shape, IReadOnlyList<NamedTensor> Weights, Func<string, Tensor?> Find)
{
    public static AdaptedModel Of(Decoder model) => new(model.Engine, AdaptedShape.Of(model.Config), model.Weights, model.Find);

    public static AdaptedModel Of(Encoder model) => new(model.Engine, AdaptedShape.Of(model.Config, model.HasPooler), model.Weights, model.Find);
}
