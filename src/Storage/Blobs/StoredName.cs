namespace Temper.Storage.Blobs;

/// <summary>An object as a service lists it, whether its name is a blob key or not.</summary>
/// <param name="Name">Below the prefix that the store has of its own.</param>
/// <param name="Size">Bytes.</param>
/// <param name="ETag">The service's tag of the content, without quotes.</param>
public sealed record StoredName(string Name, long Size, string ETag);
