using System.Text;
using Temper.Core.Errors;
using Temper.Core.Files;
using Temper.Core.Ids;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.Sync;

/// <summary>Commits of a repository whose parents were left with the remote, one id a line in <c>shallow</c> beside HEAD.</summary>
public static class ShallowFile
{
    /// <summary>The commits; none in a whole repository.</summary>
    /// <exception cref="TemperException">Code <c>repository_corrupt</c>.</exception>
    public static IReadOnlySet<Digest> Read(Repository repository)
    {
        ArgumentNullException.ThrowIfNull(repository);
        var path = Path.Combine(repository.Home, RepositoryLayout.Shallow);
        return File.Exists(path) ? File.ReadAllLines(path).Select(Id).ToHashSet() : new HashSet<Digest>();
    }

    /// <summary>Replaces the list; an empty one removes the file.</summary>
    public static void Write(Repository repository, IReadOnlyCollection<Digest> commits)
    {
        ArgumentNullException.ThrowIfNull(repository);
        var path = Path.Combine(repository.Home, RepositoryLayout.Shallow);
        if (commits.Count > 0)
            DurableFile.Write(path, Encoding.ASCII.GetBytes(string.Concat(commits.Order().Select(id => id.Hex + "\n"))));
        else
            File.Delete(path);
    }

    private static Digest Id(string line) =>
        Digest.TryParse(line, out var id) ? id : throw new TemperException("repository_corrupt", $"The file '{RepositoryLayout.Shallow}' holds a line that is no id.");
}
