using Temper.Core.Errors;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.Sync;

/// <summary>Finds the other side by its name or address.</summary>
/// <param name="ApiKey">For servers; null: none.</param>
/// <param name="Who">Whom the log of a folder's moves names.</param>
/// <param name="Clock">What tells the time.</param>
public sealed record Remotes(string? ApiKey, Signature Who, TimeProvider Clock)
{
    /// <summary>Opens what lies at an address: <c>http://…/NS/NAME</c>, <c>https://…</c> or a folder, relative to <paramref name="from"/>.</summary>
    /// <exception cref="TemperException">Code <c>remote_unknown</c>.</exception>
    public async Task<IRemote> OpenAsync(string address, string from, string scratch, TransferMeter meter, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
            return new HttpRemote(uri!, ApiKey, scratch, meter, Clock);
        var folder = address.StartsWith("file://", StringComparison.Ordinal) ? new Uri(address).LocalPath : Path.Combine(from, address);
        return await FolderRemote.OpenAsync(folder, Who, Clock, ct);
    }

    /// <summary>Opens a remote of a repository by its name, or anything by its address.</summary>
    /// <exception cref="TemperException">Code <c>remote_unknown</c>.</exception>
    public Task<IRemote> OpenAsync(Repository repository, string nameOrAddress, TransferMeter meter, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(repository);
        var address = new RemoteSettings(repository).Url(nameOrAddress) ?? nameOrAddress;
        return OpenAsync(address, repository.WorkFolder, Path.Combine(repository.Home, "objects", "tmp"), meter, ct);
    }
}
