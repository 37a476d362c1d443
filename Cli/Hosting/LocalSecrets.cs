using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Files;
using Temper.Core.Json;

namespace Temper.Cli.Hosting;

/// <summary>
/// Secrets of one machine: a file in the home that only its owner can read. A name that it lacks is looked for in the environment:
/// <c>TEMPER_SECRET_</c> and the name in upper case, other characters than letters and digits as '_'.
/// </summary>
internal sealed class LocalSecrets(string home)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly string _folder = Path.Combine(home, "secrets");

    private string File => Path.Combine(_folder, "secrets.json");

    /// <summary>Names that the file holds, in order.</summary>
    public IEnumerable<string> Names => Load().Keys;

    /// <summary>A secret; null when there is none.</summary>
    public ValueTask<string?> FindAsync(string name, CancellationToken ct) =>
        ValueTask.FromResult(Load().GetValueOrDefault(name) ?? Environment.GetEnvironmentVariable(VariableOf(name)));

    /// <summary>Adds or replaces a secret.</summary>
    public void Set(string name, string value)
    {
        var secrets = Load();
        secrets[name] = value;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(_folder);
        else
            Directory.CreateDirectory(_folder, OwnerOnly);
        DurableFile.Write(File, JsonSerializer.SerializeToUtf8Bytes(secrets, Wire.Pretty));
    }

    /// <summary>The environment variable of a name.</summary>
    public static string VariableOf(string name) => "TEMPER_SECRET_" + string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_'));

    private SortedDictionary<string, string> Load()
    {
        if (!System.IO.File.Exists(File))
            return new(StringComparer.Ordinal);
        try
        {
            return new(JsonSerializer.Deserialize<SortedDictionary<string, string>>(System.IO.File.ReadAllBytes(File), Wire.Strict)!, StringComparer.Ordinal);
        }
        catch (JsonException e)
        {
            throw new TemperException("storage_unavailable", $"{File} is not a list of secrets.", "Correct or remove it.", e);
        }
    }
}
