using System.Text;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Versioning.Paths;

namespace Temper.Registry.Uploads;

/// <summary>File names of clients are data: each is checked before anything is made of it.</summary>
internal static class UploadNames
{
    public const string Marker = "_complete.json";

    private static readonly string[] RunsCode = [".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".npy", ".npz", ".h5", ".keras", ".exe", ".dll", ".so", ".py"];

    /// <exception cref="TemperException">All that is wrong: <c>path_invalid</c>, <c>blob_key_invalid</c>, <c>path_collision</c>, <c>unsafe_format</c>.</exception>
    public static void Check(UploadKind kind, ResourceName name, string upload, IReadOnlyList<FileEntry> files)
    {
        var problems = new List<Problem>();
        foreach (var file in files)
        {
            try
            {
                SafePath.Parse(file.Path);
                BlobLayout.Upload(name, upload, file.Path);
            }
            catch (TemperException e)
            {
                problems.AddRange(e.Problems.Select(p => p with { File = file.Path }));
            }
            if (Folded(file.Path) == Marker)
                problems.Add(new("path_invalid", $"'{file.Path}' is a name that the server keeps for itself.") { File = file.Path });
            if (kind == UploadKind.Model && RunsCode.Contains(Path.GetExtension(file.Path), StringComparer.OrdinalIgnoreCase))
                problems.Add(new("unsafe_format", $"'{file.Path}' is of a format that can run code; a model's weights are safetensors.") { File = file.Path });
        }
        problems.AddRange(Collisions(files));
        if (problems.Count > 0)
            throw new TemperException(problems);
    }

    private static IEnumerable<Problem> Collisions(IReadOnlyList<FileEntry> files)
    {
        foreach (var group in files.GroupBy(file => Folded(file.Path), StringComparer.Ordinal).Where(group => group.Count() > 1))
            yield return Collision(group.First().Path, group.ElementAt(1).Path);
        var byName = files.DistinctBy(file => Folded(file.Path)).ToDictionary(file => Folded(file.Path), file => file.Path, StringComparer.Ordinal);
        foreach (var file in files)
            for (var slash = file.Path.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = file.Path.IndexOf('/', slash + 1))
                if (byName.TryGetValue(Folded(file.Path[..slash]), out var above))
                    yield return Collision(above, file.Path);
    }

    private static Problem Collision(string one, string other) => new("path_collision", $"'{one}' and '{other}' would be one file on some systems.") { File = other };

    private static string Folded(string path) => (IsWhole(path) ? path.Normalize(NormalizationForm.FormC) : path).ToUpperInvariant().ToLowerInvariant();

    // Half a surrogate pair cannot be normalised; SafePath has refused it already.
    private static bool IsWhole(string path) => !path.EnumerateRunes().Any(rune => rune == Rune.ReplacementChar);
}
