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
    private static readonly Option<string?> Name = new("--name") { Description = "Model that gets a new version [default: the folder's or the repository's name]", HelpName = "NAME" };

    public static Command Build()
    {
        var source = new Argument<string>("source") { Description = "Folder in Hugging Face layout (config.json, *.safetensors, tokenizer.json), or hf:OWNER/NAME[@REVISION]", HelpName = "FOLDER" };
        var command = new Command("import", """
            Bring a model into the registry, from a folder or from a hub. It is opened and checked first, and all that is wrong is said at
            once: settings, tokenizer, template, every missing, surplus or misshapen tensor, every number that is none.
            Importing the same files again gives the same version.

            hf: pins the revision to its commit, fetches only what a model needs, verifies every file against the digest that the commit
            gives it, and continues where it was interrupted. HF_ENDPOINT names another hub; HF_TOKEN is shown to it alone.

            Examples:
              temper import ./tiny-llama --name tiny-llama
              temper import hf:my-org/my-model
              temper import hf:my-org/my-model@v1.0 --name my-base
            """) { source, Name };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(source)!, ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string source, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        var reference = HubReference.IsMeant(source) ? HubReference.Parse(source) : null;
        if (reference is null && !Directory.Exists(source))
            throw new TemperException("not_found", $"{Path.GetFullPath(source)} is not a folder.", "Name a folder with config.json, *.safetensors and tokenizer.json, or hf:OWNER/NAME.");
        var name = NameOf(parsed.GetValue(Name), reference?.Name ?? new DirectoryInfo(source).Name);
        using var registry = GlobalOptions.Connect(parsed);
        var snapshot = reference is null ? null : await HubImport.FetchAsync(reference, GlobalOptions.Home(parsed).Path, terminal, ct);
        PluginsVerb.Parts(parsed); // A base may be of a plug-in's architecture.
        var model = await SendAsync(registry, terminal, snapshot?.Folder ?? source, name, ct);
        // The registry has the files now.
        if (snapshot is not null)
            Directory.Delete(snapshot.Folder, recursive: true);
        terminal.Document(model);
        ModelsVerb.Show(terminal, model);
        return 0;
    }

    /// <summary>Checks a model folder and sends it; pickle files stay behind.</summary>
    public static async Task<ModelVersionInfo> SendAsync(RegistryClient registry, Terminal terminal, string folder, ResourceName name, CancellationToken ct)
    {
        using (EncoderFolder.Is(folder) ? EncoderFolder.Open(folder, checkFinite: true) : (IDisposable)ModelFolder.Open(folder, checkFinite: true))
            terminal.Note($"{folder} is complete");
        var receipt = await new Uploader(registry, terminal).SendAsync(UploadKind.Model, name, folder, ct, file => WeightFiles.IsPickle(file) ? "a pickle file, which is never read" : null);
        return receipt.Model ?? throw new InvalidOperationException("A model upload makes a version.");
    }

    private static ResourceName NameOf(string? given, string other) => given is not null ? ResourceName.Parse(given)
        : ResourceName.TryParse(other.ToLowerInvariant(), out var name) ? name
        : throw new TemperException("usage", $"'{other}' is not a name that a model can have.", "Choose one with --name NAME.");
}
