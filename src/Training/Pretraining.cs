using System.Runtime.InteropServices;
using System.Threading.Channels;
using Temper.Core.Ids;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Checkpoints;
using Temper.Training.Objectives;
using Temper.Training.Recipes;

namespace Temper.Training;

/// <summary>Training a new model from random weights on plain text, with the same loop.</summary>
public static class Pretraining
{
    /// <summary>
    /// Trains a new model. Documents longer than the recipe's <c>max_length</c> are cut into pieces; every token but the first of a piece is a label.
    /// Give <c>packing: true</c> for full blocks.
    /// </summary>
    /// <param name="engine">Where it is computed.</param>
    /// <param name="config">The model to make; its initial weights are a function of the recipe's seed.</param>
    /// <param name="documents">Token ids of each document, with the token that ends it, where one should be learned.</param>
    /// <param name="recipe">Of its data section <c>max_length</c>, <c>packing</c> and <c>validation</c> are used; <c>lora</c> is not.</param>
    /// <param name="clock">Time.</param>
    /// <param name="control">Stops it.</param>
    /// <param name="events">Told what happens.</param>
    /// <param name="checkpoints">Where checkpoints go and where an interrupted run is found again; null for none.</param>
    /// <param name="codeVersion">Product version that trains; another one's checkpoints are not continued.</param>
    /// <returns>The model, all weights trainable; the caller disposes it.</returns>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static Decoder Run(IEngine engine, ModelConfig config, IReadOnlyList<int[]> documents, Recipe recipe, TimeProvider clock, RunControl control, ChannelWriter<TrainEvent> events,
        CheckpointStore? checkpoints = null, string codeVersion = "")
    {
        var pieces = Pieces(documents, recipe.Data.MaxLength);
        var (train, heldOut) = Data.HoldOut.Split(pieces, recipe.Data.Validation, recipe.Seed);
        var model = Decoder.Create(engine, config, (ulong)recipe.Seed);
        var run = new TrainRun
        {
            Recipe = recipe with { Lora = null },
            Objective = new CausalObjective(model, null, recipe),
            Train = train,
            HeldOut = heldOut,
            Checkpoints = checkpoints,
            Identity = checkpoints is null ? RunIdentity.None : new(Digest.Of(config.ToJson()), Digest.OfText(string.Join('\n', train.Concat(heldOut).Select(e => e.Record.Hex))), recipe.Digest(), codeVersion, engine.Info.NumericsId),
        };
        if (new Trainer(clock).Run(run, control, events) is TrainOutcome.Completed)
            return model;
        model.Dispose();
        throw new OperationCanceledException("Pre-training was stopped.");
    }

    /// <summary>Token ids of <paramref name="texts"/>, <paramref name="end"/> behind each where given.</summary>
    public static IReadOnlyList<int[]> Documents(Tokenizer tokenizer, IEnumerable<string> texts, int? end) =>
        [.. texts.Select(text => end is { } id ? [.. tokenizer.Encode(text), id] : tokenizer.Encode(text))];

    /// <summary>Documents in pieces of at most <paramref name="most"/> tokens; every token but the first of a piece is a label.</summary>
    public static IReadOnlyList<TrainExample> Pieces(IReadOnlyList<int[]> documents, int most) => [.. documents.SelectMany(d => d.Chunk(most)).Where(p => p.Length > 1).Select(Piece)];

    private static TrainExample Piece(int[] tokens) => new(Digest.Of(MemoryMarshal.AsBytes<int>(tokens)), tokens, [.. tokens.Select((_, i) => i > 0)]);
}
