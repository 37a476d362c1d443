using System.CommandLine;
using Temper.Cli.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Plugins;
using Temper.ServiceDefaults;
using Temper.Training.Jobs;

namespace Temper.Cli.Verbs;

/// <summary>A training job's own process. Its supervisor writes one line to its standard input and keeps it open.</summary>
internal static class RunJobVerb
{
    public static Command Build()
    {
        var plugins = new Option<string?>("--plugins") { Description = "Folder with plug-ins", HelpName = "DIR" };
        var command = new Command("run-job", "A training job's own process; started by a supervisor") { plugins };
        command.Hidden = true;
        command.SetAction(async (parsed, _) =>
        {
            JobProcess.QuietOutput();
            using var telemetry = Telemetry.Start("temper-job");
            await using var provider = PluginServices.Load(parsed.GetValue(plugins));
            return await JobProcess.RunAsync(Console.OpenStandardInput(), JobParts.Of(JobEngines.BuiltIn(Workers.Matrix), provider), Product.Informational, TimeProvider.System);
        });
        return command;
    }
}
