using Temper.Core.Errors;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>Texts that verbs take from a file or from stdin.</summary>
internal static class VersionText
{
    /// <exception cref="TemperException">Code <c>not_found</c> of a missing file.</exception>
    public static async Task<string> ReadAsync(VersionSession session, string file, CancellationToken ct)
    {
        if (file == "-")
            return await Console.In.ReadToEndAsync(ct);
        var path = Path.GetFullPath(file, session.Folder);
        return File.Exists(path) ? await File.ReadAllTextAsync(path, ct) : throw new VersionExit(VersionVerb.Fatal, "not_found", $"There is no file {path}.");
    }
}
