using System.CommandLine;
using Temper.Cli.Hosting;
using Temper.ServiceDefaults;
using Temper.Training.Jobs;
using Temper.Training.Tasks;

namespace Temper.Cli.Verbs;

/// <summary>A training job's own process. Its supervisor writes one line to its standard input and keeps it open.</summary>
internal static class RunJobVerb
{
    public static Command Build()
    {
        var command = new Command("run-job", "A training job's own process; started by a supervisor") { Hidden = true };
        command.SetAction(async (_, _) =>
        {
            using var telemetry = Telemetry.Start("temper-job");
            return await JobProcess.RunAsync(Console.OpenStandardInput(), new(JobEngines.BuiltIn(Workers.Matrix), JobTasks.With([])), Product.Informational, TimeProvider.System);
        });
        return command;
    }
}
