namespace Temper.Versioning.Repositories;

/// <summary>How a repository is made.</summary>
public sealed record InitOptions
{
    /// <summary>Whether it has no work tree: the folder itself holds what else stands in <c>.temper</c>.</summary>
    public bool Bare { get; init; }

    /// <summary>The branch that the first commit will make; null: <c>main</c>.</summary>
    public string? Branch { get; init; }

    /// <summary>Name of whoever commits here; null: none is set.</summary>
    public string? Name { get; init; }

    /// <summary>Mail of whoever commits here; null: none is set.</summary>
    public string? Email { get; init; }
}
