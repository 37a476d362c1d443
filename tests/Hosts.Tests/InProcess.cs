using System.CommandLine;
using Temper.Cli;
using Temper.Cli.Output;
using Temper.Core.Errors;

namespace Temper.Hosts.Tests;

/// <summary>Verbs of the command line, run in this process: as the program does, but what goes wrong is handed back.</summary>
internal static class InProcess
{
    /// <summary>Runs a verb; exit code 0, or the one that its problems mean.</summary>
    public static async Task<(int Exit, IReadOnlyList<Problem> Problems)> RunAsync(params string[] args)
    {
        try
        {
            return (await CommandLine.Build(args).Parse([.. args, "--quiet"], new ParserConfiguration { ResponseFileTokenReplacer = null }).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }), []);
        }
        catch (TemperException e)
        {
            return (Failure.ExitCode(e.Kind), e.Problems);
        }
    }
}
