using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Versioning.History;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;
using Temper.Versioning.WorkTrees;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>One run of a verb in a repository: its arguments, where it stands, where it writes.</summary>
internal sealed class VersionSession : IAsyncDisposable
{
    private readonly StringWriter _out = new() { NewLine = "\n" };
    private WorkTree? _work;

    private VersionSession(ParseResult parsed, Repository repository, string folder, bool quiet)
    {
        (Parsed, Repository, Folder) = (parsed, repository, folder);
        var terminal = GlobalOptions.Terminal(parsed);
        (Json, Quiet) = (terminal.Json, quiet || terminal.Quiet);
        var relative = Path.GetRelativePath(repository.WorkFolder, folder).Replace('\\', '/');
        Prefix = relative == "." || relative.StartsWith("..", StringComparison.Ordinal) ? "" : relative + "/";
    }

    public ParseResult Parsed { get; }

    public Repository Repository { get; }

    /// <summary>Full path of the folder that the verb was started in.</summary>
    public string Folder { get; }

    /// <summary>That folder below the work tree's root, with a slash at its end; empty at the root.</summary>
    public string Prefix { get; }

    public bool Json { get; }

    public bool Quiet { get; }

    /// <summary>The result, written when the verb ends.</summary>
    public TextWriter Out => _out;

    /// <summary>The work tree.</summary>
    public WorkTree Work => _work ??= Repository.IsBare
        ? throw new VersionExit(VersionVerb.Fatal, "not_a_repository", "This operation needs a work tree; the repository is bare.")
        : new(Repository);

    public static async Task<VersionSession> OpenAsync(ParseResult parsed, string folder, bool quiet, CancellationToken ct)
    {
        var session = new VersionSession(parsed, await Repository.OpenAsync(folder, TimeProvider.System, ct), folder, quiet);
        RemoteWork.KeepPromises(session);
        return session;
    }

    public async Task<int> RunAsync(Func<VersionSession, CancellationToken, Task<int>> run, CancellationToken ct)
    {
        try
        {
            return await run(this, ct);
        }
        finally
        {
            await Parsed.InvocationConfiguration.Output.WriteAsync(_out.ToString());
        }
    }

    /// <summary>Writes bytes as they are, behind the text so far.</summary>
    public async Task WriteBytesAsync(Stream content, CancellationToken ct)
    {
        var output = Parsed.InvocationConfiguration.Output;
        await output.WriteAsync(_out.ToString());
        _out.GetStringBuilder().Clear();
        await output.FlushAsync(ct);
        if (!ReferenceEquals(output, Console.Out))
        {
            using var text = new StreamReader(content);
            await output.WriteAsync(await text.ReadToEndAsync(ct));
            return;
        }
        await using var stdout = Console.OpenStandardOutput();
        await content.CopyToAsync(stdout, ct);
    }

    /// <summary>A line for people on stderr; nothing with -q.</summary>
    public void Note(string text)
    {
        if (!Quiet)
            Parsed.InvocationConfiguration.Error.WriteLine(Output.Style.Clean(text));
    }

    /// <summary>An error that does not end the verb.</summary>
    public void Error(string text) => Parsed.InvocationConfiguration.Error.WriteLine("error: " + Output.Style.Clean(text));

    /// <summary>A JSON document as one line of the result.</summary>
    public void Document<T>(T value) => _out.WriteLine(JsonSerializer.Serialize(value, Wire.Json));

    /// <summary>Who is named as the author now.</summary>
    public Signature Author(string? date = null) => VersionIdentity.Read("AUTHOR", this, date);

    /// <summary>Who is named as the committer now.</summary>
    public Signature Committer() => VersionIdentity.Read("COMMITTER", this, null);

    /// <summary>Who moves references: as the committer, but nobody need be named.</summary>
    public Signature Mover() => VersionIdentity.Anyone(this);

    /// <summary>A path as given, from the root of the work tree; patterns and magic stay.</summary>
    public string PathOf(string text) => VersionPaths.FromRoot(text, Prefix, Repository.WorkFolder, Folder);

    /// <summary>The paths of an argument; null: none were given.</summary>
    public PathFilter? Filter(IEnumerable<string> texts) => PathFilter.Of([.. texts.Select(PathOf)]);

    /// <summary>How a path is shown from the folder that the verb was started in.</summary>
    public string Shown(string path) => VersionPaths.FromFolder(path, Prefix);

    /// <summary>How many of the first argument's values stand before <c>--</c>; null where there is none.</summary>
    public int? BeforeDashes(IReadOnlyCollection<string> arguments)
    {
        var tokens = Parsed.Tokens;
        var dashes = tokens.ToList().FindIndex(t => t.Type == TokenType.DoubleDash);
        return dashes < 0 ? null : arguments.Count - tokens.Skip(dashes + 1).Count(t => t.Type == TokenType.Argument);
    }

    public async ValueTask DisposeAsync()
    {
        await Repository.DisposeAsync();
        await _out.DisposeAsync();
    }
}
