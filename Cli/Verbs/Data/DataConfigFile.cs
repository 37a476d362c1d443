using System.CommandLine;
using Temper.Cli.Hosting;
using Temper.Core.Errors;
using Temper.Ingest;

namespace Temper.Cli.Verbs.Data;

/// <summary>Options of verbs that read a configuration of datasets, and the reading.</summary>
internal sealed class DataConfigFile
{
    private readonly Argument<string> _config = new("config") { Description = "Configuration of datasets: YAML or JSON", HelpName = "CONFIG" };
    private readonly Option<string?> _root = new("--root") { Description = "Folder that local data lies in and relative paths are below [default: the configuration's]", HelpName = "DIR" };
    private readonly Option<string[]> _variables = new("--var") { Description = "Value of a variable, such as model_family=llama; may be repeated", HelpName = "NAME=VALUE", AllowMultipleArgumentsPerToken = false };
    private readonly Option<string[]> _environment = new("--allow-env") { Description = "Environment variable that {env:NAME} may read; may be repeated", HelpName = "NAME", AllowMultipleArgumentsPerToken = false };

    /// <summary>Adds the argument and the options to a verb.</summary>
    public Command AddTo(Command command)
    {
        command.Arguments.Add(_config);
        foreach (var option in (Option[])[_root, _variables, _environment])
            command.Options.Add(option);
        return command;
    }

    /// <summary>The folder that local data must lie in.</summary>
    public string Root(ParseResult parsed) => Path.GetFullPath(parsed.GetValue(_root) ?? Path.GetDirectoryName(Path.GetFullPath(Name(parsed)))!);

    /// <summary>The configuration's path as it was given.</summary>
    public string Name(ParseResult parsed) => parsed.GetValue(_config)!;

    /// <summary>Reads and checks it; warnings go to standard error.</summary>
    /// <exception cref="TemperException">Every problem at once.</exception>
    public async Task<FactoryConfig> ReadAsync(ParseResult parsed, IReadOnlyList<DataBackendKind> kinds, CancellationToken ct)
    {
        var name = Name(parsed);
        var config = FactoryConfig.Read(await SettingsFile.ReadAsync(name, "Name the configuration's file.", ct), name, Context(parsed, kinds));
        Warn(GlobalOptions.Terminal(parsed), config.Warnings);
        return config;
    }

    /// <summary>What the host tells the factory.</summary>
    public FactoryContext Context(ParseResult parsed, IReadOnlyList<DataBackendKind> kinds) => new()
    {
        Backends = kinds,
        Root = Root(parsed),
        Scores = [.. QualityScorers.All.Concat(PluginServices.Scorers(PluginsVerb.PathOf(parsed))).Select(s => s.Name)],
        Variables = Variables(parsed),
        Environment = Allowed(parsed),
    };

    /// <summary>Says what is accepted and should be known.</summary>
    public static void Warn(Output.Terminal terminal, IEnumerable<Problem> warnings)
    {
        foreach (var warning in warnings)
            terminal.Note($"[yellow]warning[/] {warning.Code}: {Output.Style.Escape(warning.Message)}");
    }

    private Dictionary<string, string> Variables(ParseResult parsed)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal) { ["output_dir"] = Root(parsed) };
        foreach (var text in parsed.GetValue(_variables) ?? [])
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
                throw new TemperException("usage", $"--var takes NAME=VALUE, not '{text}'.");
            values[text[..equals]] = text[(equals + 1)..];
        }
        return values;
    }

    /// <summary>Only names that the operator lists can be read, so that a configuration from elsewhere cannot ask for the others.</summary>
    private Dictionary<string, string> Allowed(ParseResult parsed)
    {
        var names = (parsed.GetValue(_environment) ?? []).Concat((Environment.GetEnvironmentVariable("TEMPER_CONFIG_ENV") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
                values[name] = value;
        }
        return values;
    }
}
