using System.CommandLine;
using Temper.Cli;
using Temper.Cli.Hosting;
using Temper.Cli.Output;
using Temper.Cli.Verbs.Versioning;
using Temper.Core.Errors;
using Temper.Core.Work;

// Tests of kill -9 name the durable step at which this process dies, or a job's process in its first attempt.
if (args is not ["run-job", ..] && Workers.CrashAt is { } step)
    DurableSteps.Arm(step);
try
{
    args = VersionWords.Expand(args);
}
catch (TemperException e)
{
    return Failure.Report(e, new Terminal(json: false, quiet: false));
}
// A word that begins with @ is a revision or a date, not a file of arguments.
var parsed = CommandLine.Build(args).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
if (parsed.Errors.Count > 0 && parsed.Action is not HelpWithExamples)
    return Failure.Usage(parsed);
try
{
    using var telemetry = VerbSpan.Export(parsed);
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
}
catch (Exception e)
{
    return Failure.Report(e, GlobalOptions.Terminal(parsed));
}
