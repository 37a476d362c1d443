using Microsoft.ML;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Ingest;

namespace Temper.Plugins.MlNet;

/// <summary>
/// Scores records with a saved ML.NET model: a binary classifier over a text column <c>Text</c> that gives a calibrated <c>Probability</c>.
/// The version is the model file's digest, so another model is another score and the dataset another version.
/// </summary>
public sealed class MlNetScorer : IRecordScorer
{
    private readonly Lock _gate = new();
    private readonly PredictionEngine<TextInput, TextScore> _engine;

    private MlNetScorer(string name, Digest model, PredictionEngine<TextInput, TextScore> engine) => (Name, Version, _engine) = (name, $"ml-net {model.Hex}", engine);

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Version { get; }

    /// <summary>Opens a model that ML.NET saved.</summary>
    /// <exception cref="TemperException">Code <c>plugin_load_failed</c>: the file is no such model, or lacks the columns.</exception>
    public static MlNetScorer Open(string name, string path)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            var context = new MLContext(seed: 0);
            using var stream = new MemoryStream(bytes, writable: false);
            var model = context.Model.Load(stream, out _);
            return new(name, Digest.Of(bytes), context.Model.CreatePredictionEngine<TextInput, TextScore>(model));
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or ArgumentException or FormatException)
        {
            throw new TemperException([new Problem("plugin_load_failed", $"The scorer '{name}' cannot be made from {path}: {e.Message}") { File = path }], e);
        }
    }

    /// <inheritdoc/>
    public double Score(CanonicalRecord record)
    {
        var input = new TextInput { Text = string.Join('\n', record.AllTexts()) };
        // ML.NET's prediction engine keeps state between calls and allows one at a time.
        lock (_gate)
            return _engine.Predict(input).Value;
    }
}
