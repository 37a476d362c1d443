using System.CommandLine;
using Temper.Core.Errors;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

internal static class ConfigVerb
{
    private const int Missing = 1, Several = 5;
    private static readonly Argument<string[]> Words = new("name") { Description = "[get|set|unset|list] NAME [VALUE]", Arity = ArgumentArity.ZeroOrMore, HelpName = "NAME" };
    private static readonly Option<bool> Get = new("--get") { Description = "The last value of a name" };
    private static readonly Option<bool> GetAll = new("--get-all") { Description = "All values of a name" };
    private static readonly Option<bool> Add = new("--add") { Description = "One more value" };
    private static readonly Option<bool> Unset = new("--unset") { Description = "Remove a name" };
    private static readonly Option<bool> UnsetAll = new("--unset-all") { Description = "Remove a name with all its values" };
    private static readonly Option<bool> List = new("--list", "-l") { Description = "All settings" };
    private static readonly Option<bool> Global = new("--global") { Description = "The user's settings, for all repositories" };
    private static readonly Option<bool> Local = new("--local") { Description = "The repository's settings" };

    public static Command Build()
    {
        var command = VersionVerb.Make("config", """
            Show and change settings of a repository, or of the user.

            Examples:
              temper config user.name "Ana Lima"
              temper config get user.name
              temper config --list
            """, Words, Get, GetAll, Add, Unset, UnsetAll, List, Global, Local);
        command.SetAction((parsed, ct) => VersionVerb.GuardAsync(parsed, () => RunAsync(parsed, ct)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        Repository? repository = null;
        try
        {
            if (!parsed.GetValue(Global))
                repository = await OpenAsync(parsed, ct);
            var user = parsed.GetValue(Local) ? null : UserConfig.Load();
            return Do(parsed, repository?.Config, user);
        }
        catch (TemperException error) when (error.Code == "settings_invalid")
        {
            throw new VersionExit(Missing, error);
        }
        finally
        {
            if (repository is not null)
                await repository.DisposeAsync();
        }
    }

    private static async Task<Repository?> OpenAsync(ParseResult parsed, CancellationToken ct)
    {
        try
        {
            return await Repository.OpenAsync(VersionVerb.Folder(parsed), TimeProvider.System, ct);
        }
        catch (TemperException error) when (error.Code == "not_a_repository" && !parsed.GetValue(Local))
        {
            return null;
        }
    }

    private static int Do(ParseResult parsed, RepositoryConfig? local, RepositoryConfig? user)
    {
        var words = (parsed.GetValue(Words) ?? []).ToList();
        var act = Act(parsed, words);
        IEnumerable<KeyValuePair<string, string>> all = [.. user?.All ?? [], .. local?.All ?? []];
        if (act is "list")
        {
            foreach (var (name, value) in all)
                parsed.InvocationConfiguration.Output.Write($"{name}={value}\n");
            return 0;
        }
        if (words.Count == 0 || words.Count > (act is "set" or "add" ? 2 : 1) || (act is "set" or "add" && words.Count < 2))
            throw new VersionExit(VersionVerb.Fatal, "usage", act is "set" or "add" ? "Give a name and a value." : "Give one name.");
        return act is "get" or "get-all" ? Show(parsed, words[0], act, local, user) : Change(parsed, words, act, local);
    }

    private static string Act(ParseResult parsed, List<string> words)
    {
        foreach (var (option, act) in ((Option<bool>, string)[])[(Get, "get"), (GetAll, "get-all"), (Add, "add"), (Unset, "unset"), (UnsetAll, "unset-all"), (List, "list")])
            if (parsed.GetValue(option))
                return act;
        if (words is [("get" or "set" or "unset" or "list") and var word, ..])
        {
            words.RemoveAt(0);
            return word;
        }
        return words.Count == 0 ? "list" : words.Count == 1 ? "get" : "set";
    }

    private static int Show(ParseResult parsed, string name, string act, RepositoryConfig? local, RepositoryConfig? user)
    {
        string[] values = [.. user?.GetAll(name) ?? [], .. local?.GetAll(name) ?? []];
        if (local is null && user is null)
            _ = RepositoryConfig.Load(Path.DirectorySeparatorChar + "nowhere").Get(name);
        foreach (var value in act == "get" ? values.TakeLast(1) : values)
            parsed.InvocationConfiguration.Output.Write(value + "\n");
        return values.Length > 0 ? 0 : Missing;
    }

    private static int Change(ParseResult parsed, List<string> words, string act, RepositoryConfig? local)
    {
        var config = parsed.GetValue(Global)
            ? RepositoryConfig.Load(UserConfig.File ?? throw new VersionExit(VersionVerb.Fatal, "settings_invalid", "The user has no home folder for settings."))
            : local ?? throw new VersionExit(VersionVerb.Fatal, "not_a_repository", "There is no repository here to set anything in.", "--global sets for all repositories.");
        var several = config.GetAll(words[0]).Count;
        if (several > 1 && act is "set" or "unset" && several > 1)
            throw new VersionExit(Several, "settings_invalid", $"{words[0]} has {several} values.", act == "set" ? "--unset-all removes them." : "--unset-all removes all.");
        if (act == "add")
            config.Add(words[0], words[1]);
        else if (act == "set")
            config.Set(words[0], words[1]);
        else if (!config.Unset(words[0]))
            return Several;
        config.Save();
        return 0;
    }
}
