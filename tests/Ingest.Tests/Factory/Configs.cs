using System.Text;
using Temper.Core.Errors;

namespace Temper.Ingest.Tests;

/// <summary>Configurations of datasets, as text.</summary>
internal static class Configs
{
    public static readonly FactoryContext Context = new() { Scores = ["characters"] };

    public static FactoryConfig Read(string text, FactoryContext? context = null) => FactoryConfig.Read(Encoding.UTF8.GetBytes(text), "datasets.yaml", context ?? Context);

    public static IReadOnlyList<Problem> Problems(string text, FactoryContext? context = null) => Assert.Throws<TemperException>(() => Read(text, context)).Problems;

    public static ImportResult Import(string json, Action<string, string>? keep = null) => SimpleTunerImport.Read(Encoding.UTF8.GetBytes(json), "multidatabackend.json", new(), keep);
}
