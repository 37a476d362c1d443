using Temper.Core.Ids;

namespace Temper.Registry.Repositories;

/// <summary>A list of ids in SQL text: the two databases share no array type.</summary>
internal static class Ids
{
    /// <summary><c>@p0, @p1, …</c>.</summary>
    public static string Names(IReadOnlyCollection<Digest> ids) => string.Join(", ", ids.Select((_, n) => $"@p{n}"));

    /// <summary>The values behind <see cref="Names"/>.</summary>
    public static Dictionary<string, object> Parameters(IReadOnlyCollection<Digest> ids) => ids.Select((id, n) => KeyValuePair.Create($"p{n}", (object)id.Hex)).ToDictionary();
}
