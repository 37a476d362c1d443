using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Json;

namespace Temper.Cli.Output;

/// <summary>Where a verb writes: results to stdout, everything else to stderr; colours on a terminal, plain text in a pipe.</summary>
internal sealed class Terminal(bool json, bool quiet)
{
    private static readonly bool Colours = Environment.GetEnvironmentVariable("NO_COLOR") is null or "" && Environment.GetEnvironmentVariable("TERM") != "dumb";

    public bool Json => json;

    public bool Quiet => quiet;

    /// <summary>Whether colours of the result reach somebody's eyes.</summary>
    public bool Coloured => !json && Colours && !Console.IsOutputRedirected;

    /// <summary>A line of the result for people; nothing under --json.</summary>
    public void Line(string text = "")
    {
        if (!json)
            Console.Out.WriteLine(Style.Render(text, Coloured));
    }

    /// <summary>A line about what goes on; nothing under --quiet.</summary>
    public void Note(string text)
    {
        if (!quiet)
            Console.Error.WriteLine(Style.Render(text, Colours && !Console.IsErrorRedirected));
    }

    /// <summary>The result under --json: one document or, called again, JSON lines.</summary>
    public void Document<T>(T value)
    {
        if (json)
            Console.Out.WriteLine(JsonSerializer.Serialize(value, Wire.Json));
    }

    /// <summary>Problems that were found together; what the catalogue says of a code comes once, behind the last one that has no hint of its own.</summary>
    public void Errors(IReadOnlyList<Problem> problems)
    {
        foreach (var problem in Problem.Advised(problems))
            Error(problem);
    }

    public void Error(Problem problem)
    {
        var said = problem.File is { Length: > 0 } file && problem.Message.StartsWith(file, StringComparison.Ordinal);
        var place = problem.File is null || said ? "" : problem.Line is { } line ? $"{problem.File}:{line}: " : $"{problem.File}: ";
        var path = problem.Path is null || problem.Message.StartsWith($"{problem.Path} ", StringComparison.Ordinal) ? "" : $"{problem.Path}: ";
        Console.Error.WriteLine(Style.Render($"[red]error[/] {problem.Code}: {Style.Escape(Style.Clean(place + path + problem.Message))}", Colours && !Console.IsErrorRedirected));
        if (problem.Hint is not null)
            Console.Error.WriteLine($"  hint: {Style.Clean(problem.Hint)}");
    }

    /// <summary>Columns under their heads, as wide as they need; numbers right-aligned.</summary>
    public void Table(IReadOnlyList<string> heads, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        if (json)
            return;
        rows = [.. rows.Select(row => (IReadOnlyList<string>)[.. row.Select(cell => Style.Clean(cell).Replace('\n', '\uFFFD'))])];
        var widths = heads.Select((head, i) => rows.Select(row => row[i].Length).Append(head.Length).Max()).ToArray();
        Line("[bold]" + string.Join("  ", heads.Select((head, i) => Style.Escape(head.PadRight(widths[i])))).TrimEnd() + "[/]");
        foreach (var row in rows)
            Line(Style.Escape(string.Join("  ", row.Select((cell, i) => IsNumber(cell) ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd()));
    }

    public ProgressLine Progress(string title) => new(title, quiet, Console.IsErrorRedirected || !Colours, TimeProvider.System);

    private static bool IsNumber(string cell) => cell.Length > 0 && cell.All(c => char.IsAsciiDigit(c) || c is '.' or ',' or '%' or '-' or '+');
}
