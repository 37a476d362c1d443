using System.CommandLine;
using System.Globalization;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Models;
using Temper.Tensors;

namespace Temper.Cli.Verbs;

internal static class ClassifyVerb
{
    public static Command Build()
    {
        var reference = ModelPlace.Argument();
        var input = new Argument<string>("input") { Description = "An image, a file of texts, a text, or - for standard input", HelpName = "FILE|TEXT" };
        var top = new Option<int>("--top") { Description = "Labels to show", HelpName = "N", DefaultValueFactory = _ => 5 };
        var command = new Command("classify", """
            Show the classes of an image or of texts with their probabilities, by a model that was trained for it.
            A file of texts, and standard input, holds one text per line. A folder needs no server.

            Examples:
              temper classify shapes@production photo.png --top 3
              temper classify inbox "Where is my parcel?"
              temper classify ./inbox questions.txt --json
            """) { reference, input, top };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(reference)!, parsed.GetValue(input)!, parsed.GetValue(top), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string reference, string input, int top, CancellationToken ct)
    {
        if (top < 1)
            throw new TemperException("usage", $"--top is {top}, expected 1 or more.");
        var terminal = GlobalOptions.Terminal(parsed);
        var place = await ModelPlace.FindAsync(parsed, reference, ct);
        using var engine = CpuEngine.Create(Environment.ProcessorCount);
        using var model = ClassifierModel.Open(place.Folder, place.Base, engine);
        var answers = model.ReadsImages ? [(input, model.Classify(await ImageAsync(input, ct), ct))] : (await TextsAsync(input, ct)).Select(text => (text, model.Classify(text))).ToArray();
        foreach (var (index, (text, labels)) in answers.Index())
        {
            terminal.Document(new { index, input = text, labels = labels.Take(top) });
            if (answers.Length > 1)
                terminal.Line(text);
            foreach (var label in labels.Take(top))
                terminal.Line($"{label.Probability.ToString("P1", CultureInfo.InvariantCulture),7}  {label.Label}");
        }

        return 0;
    }

    private static async Task<RgbImage> ImageAsync(string path, CancellationToken ct)
    {
        if (!File.Exists(path))
            throw new TemperException("not_found", $"There is no file {Path.GetFullPath(path)}; this model classifies images.", "Check the spelling.");
        try
        {
            return ImageDecoder.Decode(await File.ReadAllBytesAsync(path, ct), ct: ct).Image;
        }
        catch (TemperException e)
        {
            throw new TemperException([.. e.Problems.Select(problem => problem with { File = path })], e);
        }
    }

    private static async Task<string[]> TextsAsync(string input, CancellationToken ct)
    {
        if (input == "-" || File.Exists(input))
            return [.. (await InputText.ReadAsync(input, ct)).Split('\n').Select(line => line.TrimEnd('\r')).Where(line => line.Length > 0)];
        if (Directory.Exists(input) || IsFileName(input))
            throw new TemperException("not_found", $"There is no file {Path.GetFullPath(input)}.", "Check the spelling; a text that looks like a file's name is read from standard input: give - instead.");
        return [input];
    }

    /// <summary>Whether it is meant as a file: one word with a folder before it or an extension of letters after it.</summary>
    private static bool IsFileName(string input) => !input.Any(char.IsWhiteSpace)
        && (input.Contains('/', StringComparison.Ordinal) || Path.GetExtension(input) is { Length: > 1 and <= 6 } extension && extension.Skip(1).All(char.IsAsciiLetterOrDigit));
}
