using System.CommandLine;
using Temper.Cli.Export;
using Temper.Core.Errors;
using Temper.Core.Safetensors;
using Temper.Models;

namespace Temper.Cli.Verbs;

internal static class ExportVerb
{
    private static readonly string[] Forms = ["gguf", "gguf-lora", "merged", "peft"];
    private static readonly Option<string> Form = new("--to") { Description = "gguf, gguf-lora (the adapter alone), merged or peft (the adapter alone)", Required = true, HelpName = "FORM" };
    private static readonly Option<string?> Type = new("--dtype") { Description = "Type of the weights: F32, F16, BF16, with gguf also Q8_0 [default: the base's]", HelpName = "T" };
    private static readonly Option<string?> BaseName = new("--base-name") { Description = "With peft: the base as its settings shall name it", HelpName = "NAME" };
    private static readonly Option<bool> Force = new("--force") { Description = "Replace what is at OUT" };

    public static Command Build()
    {
        var reference = new Argument<string>("ref") { Description = "A model, by reference or folder", HelpName = "REF" };
        var output = new Argument<string>("out") { Description = "File or folder that is made", HelpName = "OUT" };
        var command = new Command("export", """
            Write a model for other programs: llama.cpp (gguf), transformers (merged), PEFT and vLLM (peft).
            What the other program would compute in another way is refused by name. SHA-256 and size of every file are printed.

            Examples:
              temper export support-bot --to gguf --dtype Q8_0 support-bot.gguf
              temper export support-bot:2 --to merged ./support-bot-merged
              temper export support-bot@latest --to peft ./adapter --base-name my-org/my-base
            """) { reference, output, Form, Type, BaseName, Force };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(reference)!, parsed.GetValue(output)!, ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string reference, string output, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        var (form, type) = (parsed.GetValue(Form)!, parsed.GetValue(Type));
        if (!Forms.Contains(form))
            throw new TemperException("usage", $"'{form}' is no form of a model; there are {string.Join(", ", Forms)}.");
        if (form is "peft" or "gguf-lora" && type is not null && !type.Equals("F32", StringComparison.OrdinalIgnoreCase))
            throw new TemperException("usage", $"An adapter is written in F32; --dtype {type} has no meaning with --to {form}.");
        GgufType? gguf = form == "gguf" && type is not null ? GgufTypes.Parse(type) : null;
        StoredType? stored = form == "merged" && type is not null ? StoredTypes.Parse(type) : null;
        using var place = OutputPlace.At(output, parsed.GetValue(Force));
        var exporter = new Exporter(await ModelParts.FindAsync(parsed, reference, adapter: null, ct), terminal);
        string dtype;
        switch (form)
        {
            case "gguf":
                dtype = exporter.Gguf(place.Temporary, gguf).ToString();
                break;
            case "merged":
                dtype = exporter.Merge(place.Temporary, stored).ToString();
                break;
            case "peft":
                exporter.Peft(place.Temporary, parsed.GetValue(BaseName));
                dtype = "F32";
                break;
            default:
                exporter.GgufAdapter(place.Temporary);
                dtype = "F32";
                break;
        }
        await ExportReport.ShowAsync(terminal, place.Keep(), form, dtype, exporter.Notes, ct);
        return 0;
    }
}
