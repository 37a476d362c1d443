using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Temper.Cli.Hosting;
using Temper.Cli.Transfer;
using Temper.Core.Plugins;
using Temper.Ingest;
using Temper.Storage.Blobs;

namespace Temper.Cli.Verbs.Data;

/// <summary>What the command line lends to backends: plug-ins, secrets of the home, and what the network may reach.</summary>
internal sealed class DataHost
{
    private readonly Option<string[]> _hosts = new("--allow-host") { Description = "Host whose addresses are not questioned, for stores of your own; may be repeated", HelpName = "HOST[:PORT]", AllowMultipleArgumentsPerToken = false };

    /// <summary>Adds the options to a verb.</summary>
    public Command AddTo(Command command, out DataHost host)
    {
        command.Options.Add(_hosts);
        host = this;
        return command;
    }

    /// <summary>Kinds of backend: the product's, and those of plug-ins.</summary>
    public IReadOnlyList<DataBackendKind> Kinds(ParseResult parsed) => [.. BackendKinds.BuiltIn, .. PluginServices.Of(PluginsVerb.PathOf(parsed)).GetServices<DataBackendKind>()];

    /// <summary>Opens backends below <paramref name="root"/>.</summary>
    public BackendOpener Opener(ParseResult parsed, string root, IReadOnlyList<DataBackendKind> kinds)
    {
        var home = GlobalOptions.Home(parsed);
        var policy = new FetchPolicy { AllowedHosts = parsed.GetValue(_hosts) ?? [] };
        return new(kinds, new(TimeProvider.System, root, new LocalSecrets(home.Path).FindAsync, policy, BlobStores.Open(home.Blobs, TimeProvider.System)) { Hub = HubImport.Settings() });
    }
}
