using System.CommandLine;
using Temper.Cli.Output;
using Temper.Cli.Transfer;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Models;

namespace Temper.Cli.Verbs;

internal static class ImportVerb
{
    public static Command Build()
    {
        var folder = new Argument<string>("folder") { Description = "Folder in Hugging Face layout: config.json, *.safetensors, tokenizer.json", HelpName = "FOLDER" };
        var name = new Option<string>("--name") { Description = "Model that gets a new version", Required = true, HelpName = "NAME" };
        var command = new Command("import", """
            Bring a model folder into the registry. It is opened and checked first: every missing, surplus or misshapen tensor is named.
            Importing the same files again gives the same version.

            Example:
              temper import ./tiny-llama --name tiny-llama
            """) { folder, name };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(folder)!, ResourceName.Parse(parsed.GetValue(name)!), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string folder, ResourceName name, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        if (!Directory.Exists(folder))
            throw new TemperException("not_found", $"{Path.GetFullPath(folder)} is not a folder.", "Name a folder with config.json, *.safetensors and tokenizer.json.");
        using var registry = GlobalOptions.Connect(parsed);
        var model = await SendAsync(registry, terminal, folder, name, ct);
        terminal.Document(model);
        ModelsVerb.Show(terminal, model);
        return 0;
    }

    /// <summary>Checks a model folder and sends it.</summary>
    public static async Task<ModelVersionInfo> SendAsync(RegistryClient registry, Terminal terminal, string folder, ResourceName name, CancellationToken ct)
    {
        using (ModelFolder.Open(folder))
            terminal.Note($"{folder} is complete");
        var receipt = await new Uploader(registry, terminal).SendAsync(UploadKind.Model, name, folder, ct);
        return receipt.Model ?? throw new InvalidOperationException("A model upload makes a version.");
    }
}
