using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>A configuration of many datasets, checked.</summary>
/// <param name="File">Its name.</param>
/// <param name="Datasets">All datasets, in the file's order; made ones at the end.</param>
/// <param name="Order">Those that are not disabled, in the order in which they are built.</param>
/// <param name="Warnings">What is accepted and should be known.</param>
public sealed record FactoryConfig(string File, IReadOnlyList<DatasetEntry> Datasets, IReadOnlyList<DatasetEntry> Order, IReadOnlyList<Problem> Warnings)
{
    /// <summary>Reads and checks a configuration.</summary>
    /// <param name="bytes">JSON or YAML: a list of datasets, one dataset, or <c>{version: 1, variables, defaults, datasets}</c>.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <param name="context">What the host tells.</param>
    /// <exception cref="TemperException">Every problem at once, each with line, JSON pointer and hint.</exception>
    public static FactoryConfig Read(ReadOnlySpan<byte> bytes, string file, FactoryContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var problems = new List<Problem>();
        var log = new ConfigLog(file, problems) { Importing = context.Importing };
        var root = YamlConfig.Read(bytes, file, problems);
        var config = root is null ? null : new FactoryReader(log, context).Read(root);
        return config is null || problems.Count > 0 ? throw new TemperException([.. problems.OrderBy(p => p.Line ?? 0)]) : config;
    }

    /// <summary>The dataset of an id; null when there is none that is not disabled.</summary>
    public DatasetEntry? Find(string id) => Order.FirstOrDefault(d => d.Id == id);
}
