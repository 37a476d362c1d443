using Azure.Core;
using Azure.Identity;
using Npgsql;

namespace Temper.Storage.Sql;

/// <summary>Signs in to Azure's PostgreSQL with tokens of the process's identity in place of a password: the server is given none that could leak.</summary>
internal static class EntraTokens
{
    private const string Domain = ".postgres.database.azure.com";
    private static readonly TokenRequestContext Scope = new(["https://ossrdbms-aad.database.windows.net/.default"]);

    /// <summary>Whether the address is one of Azure's servers and brings no password.</summary>
    public static bool Fit(NpgsqlConnectionStringBuilder settings) =>
        string.IsNullOrEmpty(settings.Password) && settings.Host?.EndsWith(Domain, StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Every new connection gets a token that is valid now (the credential keeps one until shortly before it ends), and the server must prove its name.</summary>
    public static void Use(NpgsqlDataSourceBuilder source, TokenCredential? credential = null)
    {
        var identity = credential ?? new DefaultAzureCredential();
        source.ConnectionStringBuilder.SslMode = SslMode.VerifyFull;
        source.UsePasswordProvider(
            _ => identity.GetToken(Scope, CancellationToken.None).Token,
            async (_, ct) => (await identity.GetTokenAsync(Scope, ct)).Token);
    }
}
