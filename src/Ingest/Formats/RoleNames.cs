namespace Temper.Ingest;

/// <summary>Who speaks in a chat.</summary>
internal enum Role
{
    System,
    Developer,
    User,
    Assistant,
    Tool,
}

/// <summary>Roles as they are written.</summary>
internal static class RoleNames
{
    /// <summary>In the order of <see cref="Role"/>.</summary>
    public static readonly string[] All = ["system", "developer", "user", "assistant", "tool"];

    /// <summary>The role of a name, or null.</summary>
    public static Role? Find(string name) => Array.IndexOf(All, name) is >= 0 and var index ? (Role)index : null;

    /// <summary>A role as it is written.</summary>
    public static ReadOnlySpan<byte> Utf8(Role role) => role switch
    {
        Role.System => "system"u8,
        Role.Developer => "developer"u8,
        Role.User => "user"u8,
        Role.Assistant => "assistant"u8,
        _ => "tool"u8,
    };
}
