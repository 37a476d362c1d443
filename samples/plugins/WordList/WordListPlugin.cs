using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Plugins;
using Temper.Ingest;
using YamlDotNet.Serialization;

namespace Example.WordList;

/// <summary>Registers the scorer <c>word_list</c>, whose words and weights stand in <c>words.yaml</c> beside this assembly.</summary>
public sealed class WordListPlugin : ITemperPlugin
{
    /// <inheritdoc/>
    public void Register(IServiceCollection services)
    {
        var file = Path.Combine(Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location)!, "words.yaml");
        var yaml = File.ReadAllText(file);
        var weights = new DeserializerBuilder().Build().Deserialize<Dictionary<string, double>>(yaml);
        services.AddSingleton<IRecordScorer>(new WordListScorer(weights, yaml));
    }
}
