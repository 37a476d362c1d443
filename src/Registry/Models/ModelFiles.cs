using Microsoft.AspNetCore.Http;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Registry.Http;
using Temper.Versioning.Content;

namespace Temper.Registry.Models;

/// <summary>Sends files of model versions out of the content store, which checks each chunk before its bytes leave.</summary>
internal sealed class ModelFiles(ModelQueries queries, ContentStore content)
{
    /// <exception cref="TemperException">Codes <c>not_found</c>, <c>object_corrupt</c>.</exception>
    public async Task SendAsync(HttpContext http, ResourceName name, int version, string path)
    {
        var ct = http.RequestAborted;
        var found = await queries.FindAsync(name, version, ct) ?? throw new TemperException("not_found", $"There is no model {name}:{version}.");
        var file = found.Pin.Files.FirstOrDefault(file => file.Path == path)
            ?? throw new TemperException("not_found", $"{name}:{version} has no file '{path}'.", $"It has {string.Join(", ", found.Pin.Files.Take(10).Select(f => f.Path))}.");
        await VersionFile.SendAsync(http, file, (offset, length) => content.OpenFileAsync(file.Sha256, offset, length, ct).AsTask());
    }
}
