using System.Collections.Concurrent;
using System.CommandLine;
using Temper.Cli.Hosting;
using Temper.Core.Errors;
using Temper.Core.Plugins;
using Temper.Training.Factories;

namespace Temper.Cli.Verbs;

internal static class PluginsVerb
{
    private static readonly Option<string?> Folder = new("--path") { Description = "Folder with plug-ins [default: TEMPER_PLUGINS, or plugins/ in the home]", Recursive = true, HelpName = "DIR" };

    private static readonly ConcurrentDictionary<string, Lazy<RunParts>> Loaded = new(StringComparer.Ordinal);

    public static Command Build()
    {
        var command = new Command("plugins", """
            List plug-ins, switch them on or off.

            Examples:
              temper plugins list
              temper plugins disable my-scorer
            """) { Folder };
        var list = new Command("list", "List the plug-ins and check that they can be loaded together");
        list.SetAction(parsed => List(parsed));
        command.Subcommands.Add(list);
        command.Subcommands.Add(Switch("enable", "Let hosts load a plug-in", enabled: true));
        command.Subcommands.Add(Switch("disable", "Keep hosts from loading a plug-in; nothing is deleted", enabled: false));
        return command;
    }

    public static string PathOf(ParseResult parsed) =>
        parsed.GetValue(Folder) ?? Environment.GetEnvironmentVariable("TEMPER_PLUGINS") ?? GlobalOptions.Home(parsed).Plugins;

    /// <summary>What recipes may choose by name on this machine; architectures and heads of plug-ins become known to this process. A folder is loaded once.</summary>
    public static RunParts Parts(ParseResult parsed) => Loaded.GetOrAdd(Path.GetFullPath(PathOf(parsed)), path => new(() => RunParts.Of(PluginServices.Of(path)))).Value;

    private static int List(ParseResult parsed)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        if (parsed.GetValue(Folder) is { } path && !Directory.Exists(path))
            throw new TemperException("usage", $"There is no folder {Path.GetFullPath(path)}.", "Name the folder that holds those of the plug-ins.");
        var found = PluginFolder.Find(PathOf(parsed));
        terminal.Document(found.Select(f => f.Manifest));
        if (found.Count == 0)
            terminal.Line($"no plug-ins in {PathOf(parsed)}");
        else
            terminal.Table(["plug-in", "version", "enabled", "requires", "folder"], [.. found.Select(f => (IReadOnlyList<string>)[
                f.Manifest.Name, f.Manifest.Version.ToString(), f.Manifest.Enabled ? "yes" : "no",
                string.Join(", ", f.Manifest.Requires.Select(r => $"{r.Key} {r.Value}")), f.Folder])]);
        Parts(parsed);
        return 0;
    }

    private static Command Switch(string verb, string text, bool enabled)
    {
        var name = new Argument<string>("name") { Description = "The plug-in's name", HelpName = "NAME" };
        var command = new Command(verb, text) { name };
        command.SetAction(parsed =>
        {
            var plugin = PluginFolder.Find(PathOf(parsed)).FirstOrDefault(f => f.Manifest.Name == parsed.GetValue(name))
                ?? throw new TemperException("not_found", $"There is no plug-in '{parsed.GetValue(name)}' in {PathOf(parsed)}.", "`temper plugins list` lists them.");
            PluginManifest.Enable(plugin.Folder, enabled);
            GlobalOptions.Terminal(parsed).Line($"{plugin.Manifest.Name} is {verb}d; a running server takes it up when it is started again");
            return 0;
        });
        return command;
    }
}
