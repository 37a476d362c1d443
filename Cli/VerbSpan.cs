using System.CommandLine;
using System.Diagnostics;
using Temper.ServiceDefaults;

namespace Temper.Cli;

/// <summary>Traces of verbs that begin work: all requests of one upload carry one trace id, which the work it starts inherits.</summary>
internal static class VerbSpan
{
    private static readonly ActivitySource Source = new("Temper.Cli");
    private static readonly string[] Beginners = ["upload", "import", "train", "build"];

    /// <summary>What exports this process's spans while such a verb runs; null where nothing is exported. Servers and jobs export themselves.</summary>
    public static Telemetry? Export(ParseResult parsed) =>
        Telemetry.Exports && Beginners.Contains(parsed.CommandResult.Command.Name) ? Telemetry.Start("temper-cli") : null;

    /// <summary>Begins a span under the current one; where nobody listens, one whose id still travels with the requests.</summary>
    public static Activity Begin(string name) => Source.StartActivity(name) ?? new Activity(name) { ActivityTraceFlags = ActivityTraceFlags.Recorded }.Start();
}
